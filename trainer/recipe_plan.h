#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "trainer/recipe.h"

namespace understudy {

/// A stretch of iterations with one set of losses, and so with one need of memory.
struct PlannedPhase {
  std::string name;
  Iteration first = 0;          ///< iteration it begins at, which may lie beyond the end of the run
  std::int64_t pass_bytes = 0;  ///< estimated: one forward and backward pass besides weights, gradients and the batch
};

/// What a run of a recipe takes, told from its sizes alone.
struct RecipePlan {
  std::vector<PlannedPhase> phases;   ///< in order; empty: not known
  std::int64_t validation_bytes = 0;  ///< estimated: one validation pass
  std::int64_t frozen_bytes = 0;      ///< weights of networks that are no part of a checkpoint
  std::int64_t picture_size = 0;      ///< side of the pictures that the networks see; 0: not known
};

/// A weight file that a configuration names.
struct WeightsFile {
  std::string key;             ///< "detector.weights"
  std::filesystem::path file;  ///< the file itself, where the key names a run or a checkpoint
};

}  // namespace understudy
