#include "data_pipeline/statistics/statistics_text.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace understudy {
namespace {

constexpr std::size_t kMostRows = 12;  // of a histogram
constexpr std::size_t kBarLength = 40;

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string totals(const SetStatistics& set) {
  std::string text =
      fmt::format("source       {}\nfingerprint  {}\ncontents     {} identities, {} videos, {} clips, {} frames\n",
                  set.source,
                  set.fingerprint,
                  grouped(set.identities),
                  grouped(set.videos),
                  grouped(set.clips),
                  grouped(set.frames));
  const auto line = [](std::string_view what, std::uint64_t part, std::uint64_t whole, std::string_view of) {
    return fmt::format("{:13}{} of {} {} ({})\n", what, grouped(part), grouped(whole), of, percent(part, whole));
  };
  text += line("usable", set.usable, set.frames, "frames");
  if (set.landmarks) text += line("landmarks", set.landmarks->annotated, set.usable, "usable frames");
  if (set.masks) text += line("masks", set.masks->annotated, set.usable, "usable frames");
  return text;
}

std::string heading(const Distribution& distribution) {
  return fmt::format("{} [{}]", distribution.title, distribution.unit);
}

std::string table(const SetStatistics& set) {
  std::size_t width = 0;
  for (const Distribution& distribution : set.distributions) width = std::max(width, heading(distribution).size());
  const auto row = [width](const std::string& name, const std::vector<std::string>& cells) {
    std::string line = fmt::format("{:{}}", name, width);
    for (const std::string& cell : cells) line += fmt::format(" {:>10}", cell);
    return line + "\n";
  };
  std::string text = row("", {"count", "min", "5 %", "25 %", "median", "mean", "75 %", "95 %", "max"});
  for (const Distribution& distribution : set.distributions) {
    const Tally& values = distribution.values;
    if (values.empty()) continue;
    std::vector<std::string> cells{grouped(values.count()), grouped(values.min())};
    for (const std::uint32_t percent : {5U, 25U, 50U}) cells.push_back(grouped(values.percentile(percent)));
    cells.push_back(grouped_tenths(values.mean()));
    for (const std::uint32_t percent : {75U, 95U}) cells.push_back(grouped(values.percentile(percent)));
    cells.push_back(grouped(values.max()));
    text += row(heading(distribution), cells);
  }
  return text;
}

/// "64 to 127", or "64" where no other value is in the bin.
std::string range(const Histogram& bins, std::size_t bin, std::uint64_t most) {
  const std::uint64_t last = std::min(bins.edge(bin + 1) - 1, most);
  return last == bins.edge(bin) ? grouped(last) : fmt::format("{} to {}", grouped(bins.edge(bin)), grouped(last));
}

/// At least one mark for a bin that holds something.
std::string bar(std::uint64_t count, std::uint64_t most) {
  if (count == 0) return "";
  const double share = static_cast<double>(count) / static_cast<double>(most);
  return std::string(std::max<std::size_t>(1, static_cast<std::size_t>(share * kBarLength + 0.5)), '#');
}

std::string bars(const Distribution& distribution) {
  const Histogram bins = histogram(distribution.values, kMostRows);
  if (bins.counts.size() < 2) return "";  // the table says it all
  std::string text = fmt::format("\n{}, number of {}\n", heading(distribution), distribution.counted);
  std::vector<std::string> ranges;
  std::size_t width = 0;
  for (std::size_t bin = 0; bin < bins.counts.size(); ++bin) {
    ranges.push_back(range(bins, bin, distribution.values.max()));
    width = std::max(width, ranges.back().size());
  }
  const std::uint64_t most = *std::max_element(bins.counts.begin(), bins.counts.end());
  for (std::size_t bin = 0; bin < bins.counts.size(); ++bin) {
    const std::uint64_t count = bins.counts[bin];
    text += fmt::format("  {:>{}}  {:{}}  {}\n", ranges[bin], width, bar(count, most), kBarLength, grouped(count));
  }
  return text;
}

std::string worst(std::string_view what, const std::optional<Coverage>& coverage) {
  if (!coverage || coverage->worst.empty()) return "";
  std::string text = fmt::format("\nClips with the fewest {}\n", what);
  for (const ClipCoverage& clip : coverage->worst) {
    text += fmt::format("  {} of {} usable frames ({})  {}\n",
                        clip.annotated,
                        clip.usable,
                        percent(clip.annotated, clip.usable),
                        clip.clip);
  }
  return text;
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string grouped_tenths(double number) {
  const auto tenths = static_cast<std::uint64_t>(number * 10 + 0.5);
  return fmt::format("{}.{}", grouped(tenths / 10), tenths % 10);
}

std::string statistics_text(const SetStatistics& statistics) {
  std::string text = totals(statistics) + "\n" + table(statistics);
  for (const Distribution& distribution : statistics.distributions) text += bars(distribution);
  return text + worst("landmarks", statistics.landmarks) + worst("masks", statistics.masks);
}

}  // namespace understudy
