#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trainer/recipe.h"

namespace understudy {

/// A stretch of iterations of one name.
struct PhaseSpan {
  std::string name;
  Iteration first = 0;
  Iteration end = 0;

  Iteration iterations() const { return end - first; }
};

/// Phases of iterations 0 ... end - 1 as a recipe names them.
std::vector<PhaseSpan> phase_spans(const Recipe& recipe, Iteration end);

/// Seconds of one iteration, by phase.
using StepSeconds = std::map<std::string, double>;

/// Medians by phase of the lines of a timing.jsonl. Lines of other numbers of ranks are passed over, and so is what
/// cannot be read: a killed writer leaves half a line.
/// @param phase_of  name of the phase of an iteration
StepSeconds median_step_seconds(std::string_view timing_jsonl,
                                std::int64_t ranks,
                                const std::function<std::string(Iteration)>& phase_of);

/// How long the rest of a run takes, steps alone.
struct RunLength {
  Iteration iterations = 0;
  double seconds = 0.0;
  std::vector<std::string> unmeasured;  ///< phases taken to be as slow as the slowest that was measured

  double days() const { return seconds / 86'400.0; }
  /// Jobs of so many hours, at least one while there is something left.
  std::int64_t jobs(double job_hours) const;
};

/// @param completed  iterations done. @pre  `seconds` is not empty
RunLength run_length(const std::vector<PhaseSpan>& phases, Iteration completed, const StepSeconds& seconds);

}  // namespace understudy
