#include "data_pipeline/set_difference_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostLines = 20;

/// One line an item, and how many were left out.
template <class Items, class Line>
std::string lines(const Items& items, const Line& line) {
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), kMostLines); ++i) text += fmt::format("  {}\n", line(items[i]));
  if (items.size() > kMostLines) text += fmt::format("  and {} more; --json lists all\n", items.size() - kMostLines);
  return text;
}

std::string side(std::string_view which, const SetManifest& manifest) {
  return fmt::format("{:8}{}  {} clips, {} frames in {} shard{}\n",
                     which,
                     manifest.fingerprint,
                     manifest.clips,
                     manifest.frames,
                     manifest.shards.size(),
                     manifest.shards.size() == 1 ? "" : "s");
}

std::string names(std::string_view what, const NameDifference& difference) {
  std::string text = fmt::format("{:12}{} in both, {} only in the first, {} only in the second\n",
                                 what,
                                 difference.both,
                                 difference.only_first.size(),
                                 difference.only_second.size());
  text += lines(difference.only_first, [](const std::string& name) { return "- " + name; });
  text += lines(difference.only_second, [](const std::string& name) { return "+ " + name; });
  return text;
}

std::string clip_line(const ClipDifference& clip) {
  const ClipFacts& a = clip.first;
  const ClipFacts& b = clip.second;
  std::vector<std::string> parts;
  const auto add = [&](std::string_view what, const auto& first, const auto& second) {
    if (first != second) parts.push_back(fmt::format("{} {} and {}", what, first, second));
  };
  add("identity", a.identity, b.identity);
  add("video", a.video, b.video);
  add("size", fmt::format("{} x {}", a.width, a.height), fmt::format("{} x {}", b.width, b.height));
  add("frames", a.frames, b.frames);
  add("usable frames", a.usable, b.usable);
  if (a.content_crc != b.content_crc) parts.emplace_back("frames or marks differ");
  return fmt::format("~ {}: {}", clip.clip, fmt::join(parts, ", "));
}

std::string kind_line(const KindDifference& kind, bool compared) {
  std::string_view state = "in both, equal";
  if (!kind.in_first) state = "only in the second";
  if (!kind.in_second) state = "only in the first";
  if (kind.in_first && kind.in_second && !compared) state = "in both, not compared";
  if (!kind.clips.empty()) {
    return fmt::format("{:12}differs in {} clip{}\n",
                       annotation_kind_name(kind.kind),
                       kind.clips.size(),
                       kind.clips.size() == 1 ? "" : "s") +
           lines(kind.clips, [](const std::string& name) { return "~ " + name; });
  }
  return fmt::format("{:12}{}\n", annotation_kind_name(kind.kind), state);
}

Json to_json(const SetManifest& manifest) {
  return {{"fingerprint", manifest.fingerprint},
          {"source", manifest.source},
          {"packer", manifest.packer},
          {"packer_config_sha256", manifest.packer_config_sha256},
          {"shards", manifest.shards.size()},
          {"clips", manifest.clips},
          {"frames", manifest.frames}};
}

Json to_json(const NameDifference& difference) {
  return {{"both", difference.both}, {"only_first", difference.only_first}, {"only_second", difference.only_second}};
}

Json to_json(const ClipFacts& facts) {
  return {{"identity", facts.identity},
          {"video", facts.video},
          {"width", facts.width},
          {"height", facts.height},
          {"frames", facts.frames},
          {"usable_frames", facts.usable},
          {"content_crc32c", fmt::format("{:08x}", facts.content_crc)}};
}

}  // namespace

std::string difference_text(const SetDifference& difference) {
  std::string text = side("first", difference.first) + side("second", difference.second);
  text += difference.first.fingerprint == difference.second.fingerprint ? "        fingerprints are equal\n\n" : "\n";
  text += names("identities", difference.identities) + names("videos", difference.videos) +
          names("clips", difference.clips);
  text += fmt::format("{:12}{} of the clips in both\n", "changed", difference.changed.size());
  text += lines(difference.changed, clip_line);
  for (const KindDifference& kind : difference.kinds) text += kind_line(kind, difference.annotations_compared);
  return text + (difference.empty() ? "\nequal\n" : "\ndifferent\n");
}

std::string difference_json(const SetDifference& difference) {
  Json json{{"equal", difference.empty()},
            {"fingerprints_equal", difference.first.fingerprint == difference.second.fingerprint},
            {"first", to_json(difference.first)},
            {"second", to_json(difference.second)},
            {"identities", to_json(difference.identities)},
            {"videos", to_json(difference.videos)},
            {"clips", to_json(difference.clips)},
            {"changed", Json::array()},
            {"annotations_compared", difference.annotations_compared},
            {"annotations", Json::object()}};
  for (const ClipDifference& clip : difference.changed) {
    json["changed"].push_back({{"clip", clip.clip}, {"first", to_json(clip.first)}, {"second", to_json(clip.second)}});
  }
  for (const KindDifference& kind : difference.kinds) {
    json["annotations"][std::string(annotation_kind_name(kind.kind))] = {
        {"in_first", kind.in_first}, {"in_second", kind.in_second}, {"changed_clips", kind.clips}};
  }
  return json.dump(2) + "\n";
}

}  // namespace understudy
