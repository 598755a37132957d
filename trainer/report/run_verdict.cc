#include "trainer/report/run_verdict.h"

#include <algorithm>

#include <fmt/format.h>

#include "trainer/report/html_text.h"

namespace understudy {
namespace {

/// A start writes a line every half minute or every iteration, whichever takes longer.
constexpr double kLongSilence = 180.0;

RunStanding standing_after(StartEnd end) {
  switch (end) {
    case StartEnd::kDone:
      return RunStanding::kDone;
    case StartEnd::kRunAgain:
      return RunStanding::kRunAgain;
    case StartEnd::kWentBack:
      return RunStanding::kRunning;
    case StartEnd::kFailed:
      return RunStanding::kFailed;
  }
  return RunStanding::kFailed;
}

RunVerdict verdict_without_a_word(const RunHistory& history) {
  const std::vector<RunStart>& starts = history.timing.book.starts();
  if (const auto seen = seen_end_of(history, starts.size() - 1))
    return {RunStanding::kFailed, fmt::format("{}: {}", seen->end, seen->message)};
  const double silence = std::max(0.0, history.read_at - starts.back().last);
  if (silence < kLongSilence)
    return {RunStanding::kRunning, fmt::format("last sign of life {} before this page", duration_text(silence))};
  return {
      RunStanding::kSilent,
      fmt::format("no sign of life for {}, and no word of an end: it was killed, or hangs", duration_text(silence))};
}

bool better(const RunConfig& config, double a, double b) {
  return config.validation.mode == MetricMode::kMaximise ? a > b : a < b;
}

/// Of a run whose stopping rule has ended it.
std::string reason_of_stop(const ValidationConfig& config, const SavedState& saved) {
  return fmt::format(
      "Stopped by validation after iteration {}: none of the last {} validations had a {} {} than {} by more than {} "
      "(validation.patience = {}, phase {}).",
      count_text(saved.completed),
      saved.without_improvement,
      config.metric,
      config.mode == MetricMode::kMaximise ? "higher" : "lower",
      saved.reference ? number_text(*saved.reference) : "-",
      number_text(config.min_delta),
      config.patience,
      saved.phase);
}

}  // namespace

std::string_view name_of(RunStanding standing) {
  switch (standing) {
    case RunStanding::kNotBegun:
      return "Not begun";
    case RunStanding::kRunning:
      return "Running";
    case RunStanding::kSilent:
      return "Silent";
    case RunStanding::kDone:
      return "Finished";
    case RunStanding::kRunAgain:
      return "Stopped";
    case RunStanding::kFailed:
      return "Failed";
  }
  return "";
}

RunVerdict verdict_of(const RunHistory& history) {
  const std::vector<RunStart>& starts = history.timing.book.starts();
  if (starts.empty()) return {RunStanding::kNotBegun, "no start has left a record of its time"};
  const RunStart& newest = starts.back();
  if (newest.end) return {standing_after(*newest.end), newest.message};
  return verdict_without_a_word(history);
}

std::optional<SeenEnd> seen_end_of(const RunHistory& history, std::size_t place) {
  const std::vector<RunStart>& starts = history.timing.book.starts();
  for (const SeenEnd& end : history.ends) {
    const bool after = end.time + 1.0 >= starts[place].last;  // its time is in whole seconds
    const bool before = place + 1 == starts.size() || end.time <= starts[place + 1].began + 1.0;
    if (after && before) return end;
  }
  return std::nullopt;
}

std::string stopping_reason(const RunHistory& history) {
  if (!history.settings) return "";
  const RunConfig& run = history.settings->run;
  if (!run.validates()) return "This run does not validate: it has no validation set, or validation.every = 0.";
  const std::string end = fmt::format("The run ends after run.max_iterations = {}.", count_text(run.max_iterations));
  if (history.saved && history.saved->finished) return reason_of_stop(run.validation, *history.saved);
  if (run.validation.patience == 0) return "Validation does not stop this run: validation.patience = 0. " + end;
  const std::int64_t waited = history.saved ? history.saved->without_improvement : 0;
  return fmt::format("Validation has not stopped this run: {} of {} validations in a row without a better {}. {}",
                     waited,
                     run.validation.patience,
                     run.validation.metric,
                     end);
}

std::optional<double> value_in(const LoggedValidation& validation, const std::string& metric) {
  const auto found = std::find_if(
      validation.means.begin(), validation.means.end(), [&](const Term& term) { return term.first == metric; });
  return found == validation.means.end() ? std::nullopt : std::optional(found->second);
}

std::optional<BestValidation> best_validation_of(const RunHistory& history) {
  if (!history.settings || history.metrics.validations.empty()) return std::nullopt;
  const RunConfig& run = history.settings->run;
  const std::vector<LoggedValidation>& validations = history.metrics.validations;
  std::optional<BestValidation> best;
  for (std::size_t i = 0; i < validations.size(); ++i) {
    const auto value = value_in(validations[i], run.validation.metric);
    if (!value || validations[i].phase != validations.back().phase) continue;
    if (!best || better(run, *value, best->value)) best = {run.validation.metric, i, *value};
  }
  return best;
}

}  // namespace understudy
