#pragma once

#include <optional>
#include <string>

#include "trainer/report/run_history.h"

namespace understudy {

/// How things stand with a run.
enum class RunStanding { kNotBegun, kRunning, kSilent, kDone, kRunAgain, kFailed };
std::string_view name_of(RunStanding standing);

struct RunVerdict {
  RunStanding standing = RunStanding::kNotBegun;
  std::string reason;  ///< a sentence
};
RunVerdict verdict_of(const RunHistory& history);

/// What `understudy launch` says of the end of a start, if it saw one. @param place  in the book's starts
std::optional<SeenEnd> seen_end_of(const RunHistory& history, std::size_t place);

/// Why the stopping rule has ended the run, or what keeps it from doing so: a sentence.
std::string stopping_reason(const RunHistory& history);

/// The best validation of the latest phase by the metric that decides.
struct BestValidation {
  std::string metric;
  std::size_t place = 0;  ///< in the history's validations
  double value = 0.0;
};
std::optional<BestValidation> best_validation_of(const RunHistory& history);

/// The value of a metric in a validation, if it is in it.
std::optional<double> value_in(const LoggedValidation& validation, const std::string& metric);

}  // namespace understudy
