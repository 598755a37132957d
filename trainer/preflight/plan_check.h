#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trainer/findings.h"
#include "trainer/preflight/batch_split.h"
#include "trainer/preflight/run_length.h"
#include "trainer/recipe_plan.h"
#include "trainer/run_config.h"

namespace understudy {

/// What a machine has, as far as a run needs it.
struct MachineFacts {
  std::int64_t cores = 1;
  std::int64_t memory_bytes = 0;
  bool build_has_cuda = false;  ///< whether this program could use a GPU if there were one
};

// Checks of a configuration that training itself does not make, because it can run without them. They need no file.

/// Phases that begin after the end of the run.
void check_phases(const RunConfig& config, const RecipePlan& plan, Problems& warnings);

/// Phases in which at least one validation happens: best-k and patience know these alone.
std::vector<PhaseSpan> validated_phases(const RunConfig& config, const std::vector<PhaseSpan>& phases);

/// Intervals that never come, or that others overrule.
void check_intervals(const RunConfig& config, const std::vector<PhaseSpan>& phases, Problems& warnings);

/// Threads that are left to the machine, or that are more than its cores.
void check_threads(const RunConfig& config, const RankLayout& layout, const MachineFacts& machine, Problems& warnings);

/// GPUs that this program cannot use.
void check_devices(const RankLayout& layout, const MachineFacts& machine, Problems& warnings);

/// The metric that validation decides by. @param metrics  those that the recipe has
void check_metric(const RunConfig& config, const std::vector<std::string>& metrics, Problems& problems);

}  // namespace understudy
