#include <algorithm>
#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/atomic_file.h"
#include "data_pipeline/picture.h"
#include "trainer/report/chart.h"
#include "trainer/report/html_table.h"
#include "trainer/report/html_text.h"
#include "trainer/report/run_verdict.h"
#include "trainer/report/sections.h"

// What a run has learned: summary, curves, validation, sample pictures.

namespace understudy {
namespace {

constexpr std::size_t kMostSamples = 12;
/// Pictures of more bytes than this are held as JPEG: a page is to be sent by mail.
constexpr std::uintmax_t kLargePicture = 300'000;

/// "2 on 1 node"
std::string ranks_text(const std::vector<std::string>& nodes) {
  const auto machines = std::set<std::string>(nodes.begin(), nodes.end()).size();
  return fmt::format("{} on {} node{}", nodes.size(), machines, machines == 1 ? "" : "s");
}

Iteration reached_by(const RunHistory& history) {
  Iteration reached = history.metrics.phases.empty() ? 0 : history.metrics.phases.back().end;
  for (const LoggedValidation& validation : history.metrics.validations)
    reached = std::max(reached, validation.completed);
  if (!history.timing.book.starts().empty()) reached = std::max(reached, history.timing.book.starts().back().reached);
  return reached;
}

/// As the configuration plans them, so far as the run has come; as they are logged where it cannot be read.
std::vector<PhaseSpan> phases_until(const RunHistory& history, Iteration end) {
  std::vector<PhaseSpan> phases;
  if (history.settings) {
    for (const PlannedPhase& phase : history.settings->recipe->plan(history.settings->run).phases)
      if (phase.first < end) phases.push_back({phase.name, phase.first, end});
  }
  if (phases.empty()) phases = history.metrics.phases;
  for (std::size_t i = 0; i < phases.size(); ++i) phases[i].end = i + 1 < phases.size() ? phases[i + 1].first : end;
  return phases;
}

ChartFrame frame_of(const RunHistory& history) {
  const Iteration end = reached_by(history);
  ChartFrame frame{.end = end, .phases = phases_until(history, end), .marks = {}};
  const std::vector<RunStart>& starts = history.timing.book.starts();
  for (std::size_t i = 1; i < starts.size(); ++i) {
    const std::string lost =
        starts[i - 1].lost > 0 ? fmt::format(", {} iterations were lost", count_text(starts[i - 1].lost)) : "";
    frame.marks.push_back(
        {starts[i].from,
         fmt::format("start {} went on from iteration {}{}", starts[i].number, count_text(starts[i].from), lost)});
  }
  return frame;
}

std::string fact(const std::string& name, const std::string& value, const std::string& remark) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd><dd class=\"remark\">{}</dd></div>\n", name, value, remark);
}

std::string time_fact(const TimeBook& book) {
  if (book.starts().empty()) return fact("Time", "-", "not on record");
  return fact(
      "Time", duration_text(book.total()), fmt::format("{:.1f} % of it useful", 100.0 * book.share(TimeUse::kUseful)));
}

std::string best_fact(const RunHistory& history) {
  const auto best = best_validation_of(history);
  if (!best) return fact("Best validation", "-", "none yet");
  const LoggedValidation& validation = history.metrics.validations[best->place];
  return fact("Best " + escaped(best->metric),
              number_text(best->value),
              fmt::format("after iteration {}, phase {}", count_text(validation.completed), escaped(validation.phase)));
}

/// Of so many values as many as are shown, evenly, the first and the last among them.
std::vector<std::size_t> even_choice(std::size_t count, std::size_t most) {
  std::vector<std::size_t> places;
  const std::size_t shown = std::min(count, most);
  for (std::size_t i = 0; i < shown; ++i) places.push_back(shown == 1 ? 0 : i * (count - 1) / (shown - 1));
  return places;
}

/// As it is, or as JPEG where it is large.
std::string picture_source(const std::filesystem::path& path) {
  if (std::filesystem::file_size(path) > kLargePicture)
    return "data:image/jpeg;base64," + base64(encode_jpeg(read_picture(path), /*quality=*/90));
  const std::string bytes = read_file(path);
  return "data:image/png;base64," + base64(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

std::string phases_text(const std::vector<PhaseSpan>& phases) {
  std::vector<std::string> texts;
  for (const PhaseSpan& phase : phases)
    texts.push_back(
        fmt::format("{} (iterations {} to {})", escaped(phase.name), count_text(phase.first), count_text(phase.end)));
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

std::string summary_section(const RunHistory& history) {
  const RunVerdict verdict = verdict_of(history);
  const std::vector<RunStart>& starts = history.timing.book.starts();
  std::string html = fmt::format(
      "<header id=\"summary\"><h1>{}</h1>\n<p><span class=\"standing {}\">{}</span> {}</p>\n<dl class=\"facts\">\n",
      escaped(std::filesystem::absolute(history.directory).lexically_normal().filename().string()),
      verdict.standing == RunStanding::kFailed || verdict.standing == RunStanding::kSilent ? "bad" : "good",
      name_of(verdict.standing),
      escaped(verdict.reason));
  html += fact(
      "System", history.settings ? escaped(history.settings->run.recipe) : "-", escaped(history.directory.string()));
  html += fact("Iterations",
               count_text(reached_by(history)),
               history.settings ? "of " + count_text(history.settings->run.max_iterations) : "");
  html += time_fact(history.timing.book);
  html += best_fact(history);
  html += fact("Starts",
               count_text(std::ssize(starts)),
               fmt::format("{} iterations lost", count_text(history.timing.book.lost_iterations())));
  html += fact("Ranks",
               starts.empty() ? "-" : ranks_text(starts.back().nodes),
               history.timing.iterations == 0
                   ? ""
                   : fmt::format("{} samples/s", number_text(history.timing.samples_per_second)));
  return html + "</dl></header>\n";
}

std::string curves_section(const RunHistory& history) {
  std::string html = "<section id=\"curves\"><h2>Curves</h2>\n";
  if (history.metrics.logged == 0) return html + "<p class=\"none\">No iteration is logged yet.</p></section>\n";
  const ChartFrame frame = frame_of(history);
  html += fmt::format(
      "<p>Over iterations. Lines are means of neighbouring logged iterations, the areas around them reach from the "
      "smallest to the greatest. Shades are phases: {}. {}</p>\n<div class=\"charts\">\n",
      phases_text(frame.phases),
      frame.marks.empty() ? "The run was not interrupted."
                          : "Dashed lines are where a start went on after an interruption.");
  for (const auto& [name, curve] : history.metrics.terms) html += curve_chart(name, curve, frame);
  return html + "</div></section>\n";
}

std::string validation_section(const RunHistory& history) {
  std::string html = "<section id=\"validation\"><h2>Validation</h2>\n";
  html += fmt::format("<p>{}</p>\n", escaped(stopping_reason(history)));
  const std::vector<LoggedValidation>& validations = history.metrics.validations;
  if (validations.empty()) return html + "<p class=\"none\">No validation is logged yet.</p></section>\n";
  const ChartFrame frame = frame_of(history);
  const auto best = best_validation_of(history);
  html += "<div class=\"charts\">\n";
  for (const auto& [metric, unused] : validations.back().means) {
    std::vector<std::pair<Iteration, double>> values;
    std::optional<std::size_t> marked;
    for (std::size_t i = 0; i < validations.size(); ++i) {
      const auto value = value_in(validations[i], metric);
      if (!value || !std::isfinite(*value)) continue;
      if (best && best->metric == metric && best->place == i) marked = values.size();
      values.emplace_back(validations[i].completed, *value);
    }
    if (!values.empty()) html += dotted_chart(metric, values, marked, frame);
  }
  return html + fmt::format("</div>\n<p class=\"remark\">{} validations, the last of {} episodes.</p></section>\n",
                            validations.size(),
                            count_text(validations.back().episodes));
}

std::string samples_section(const RunHistory& history) {
  std::string html = "<section id=\"samples\"><h2>Samples</h2>\n";
  if (history.samples.empty()) return html + "<p class=\"none\">No sample pictures are drawn yet.</p></section>\n";
  const std::vector<std::size_t> chosen = even_choice(history.samples.size(), kMostSamples);
  html += fmt::format(
      "<p>Rows are people of the validation set; source, driving frame, prediction. {} of {} pictures.</p>\n"
      "<div class=\"samples\">\n",
      chosen.size(),
      history.samples.size());
  for (const std::size_t place : chosen) {
    const SampleFile& sample = history.samples[place];
    html += fmt::format(
        "<figure><img src=\"{0}\" alt=\"Sample pictures after iteration {1}\"><figcaption>after iteration {1}"
        "</figcaption></figure>\n",
        picture_source(sample.path),
        count_text(sample.completed));
  }
  return html + "</div></section>\n";
}

}  // namespace understudy
