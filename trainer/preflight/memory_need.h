#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/problems.h"
#include "trainer/preflight/batch_split.h"
#include "trainer/recipe_plan.h"
#include "trainer/run_config.h"

namespace understudy {

/// Bytes that a rank holds in one phase of a run.
struct PhaseMemory {
  std::string name;
  std::int64_t pass_bytes = 0;          ///< estimated: what one micro-batch keeps for its backward pass
  std::int64_t gradient_set_bytes = 0;  ///< gradients of all players that step in this phase, once
  std::int64_t held_sets = 0;           ///< sums of gradients that wait while the last micro-batches are computed
  std::int64_t peak_bytes = 0;          ///< of pass and gradients together
};

/// Memory of the rank that needs most.
struct MemoryNeed {
  std::int64_t program_bytes = 0;    ///< the program and torch's libraries
  std::int64_t weights_bytes = 0;    ///< trained and frozen networks
  std::int64_t optimizer_bytes = 0;  ///< Adam's moments
  std::int64_t batches_bytes =
      0;  ///< micro-batches: the rank's own of an iteration, those prepared and those read ahead
  std::vector<PhaseMemory> phases;    ///< those that the run reaches
  std::int64_t validation_bytes = 0;  ///< estimated: one validation pass

  std::int64_t lasting_bytes() const { return program_bytes + weights_bytes + optimizer_bytes + batches_bytes; }
  /// The whole rank at its peak.
  std::int64_t peak_bytes() const;
  const PhaseMemory* largest_phase() const;
};

/// What a rank's memory follows from.
struct MemoryFacts {
  std::int64_t state_bytes = 0;  ///< tensors of the model part of a checkpoint
  std::int64_t optimizer_bytes = 0;
  std::int64_t sample_bytes = 0;   ///< one prepared sample
  std::int64_t episode_bytes = 0;  ///< the same as it is stored
  std::vector<Player> players;
};

MemoryNeed memory_need(const RunConfig& config,
                       const RecipePlan& plan,
                       const MemoryFacts& facts,
                       const BatchSplit& split,
                       std::int64_t ranks);

/// A problem when the ranks of a node need more memory than it has; GPUs have their own, which is not known here.
/// @param memory_bytes  of a node
void check_memory(const MemoryNeed& need, const RankLayout& layout, std::int64_t memory_bytes, Problems& problems);

/// Most lists of gradients that an ordered sum holds while a micro-batch of the rank's run is still to be added, and at
/// its end (clusters/gradient_tree.h).
struct HeldSets {
  std::int64_t before_last = 0;
  std::int64_t at_the_end = 0;
};
HeldSets held_sets(std::int64_t micro_batches, std::int64_t begin, std::int64_t count);

}  // namespace understudy
