#pragma once

#include <filesystem>
#include <optional>

#include "checkpoints/named_tensors.h"
#include "trainer/recipe.h"

namespace understudy {

class RunSettings;

/// One training step on a stored batch.
struct ReplayRequest {
  std::filesystem::path weights;                    ///< of all networks, under their checkpoint names
  std::optional<std::filesystem::path> perceptual;  ///< VGG-19, instead of perceptual.weights
  std::filesystem::path batch;                      ///< safetensors, format understudy.batch.v1
  Iteration iteration = 0;                          ///< decides phase and learning rate
};

/// Runs the step, taking the whole batch as one micro-batch and one statistics group, with a fresh optimiser.
/// @returns losses, gradients, prediction and intermediate tensors in float32, or in float64 where they were computed
/// so, under the names of the recipe's page in docs/
/// @throws CheckpointError, DataError  naming file and tensor
NamedTensors replay(const RunSettings& settings, const ReplayRequest& request);

}  // namespace understudy
