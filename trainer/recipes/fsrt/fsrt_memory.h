#pragma once

#include <cstdint>

#include "trainer/recipes/fsrt/fsrt_recipe_config.h"

namespace understudy {

/// What is alive at the peak of one training pass of FSRT, estimated from the sizes of the layers: every number that
/// the backward pass reads, and the largest of the gradients it holds meanwhile. Weights, their gradients and the batch
/// itself are not in it. How it compares with measurements is in docs/doctor.md.
/// @param samples  of the micro-batch
/// @param iteration  decides which losses and how many queries there are
std::int64_t fsrt_training_bytes(const FsrtRecipeConfig& config, std::int64_t samples, Iteration iteration);

/// The same for a validation pass, which keeps nothing for a backward pass.
std::int64_t fsrt_validation_bytes(const FsrtRecipeConfig& config, std::int64_t samples);

/// Weights of VGG-19, which are no part of a checkpoint.
std::int64_t fsrt_perceptual_bytes(const FsrtRecipeConfig& config);

}  // namespace understudy
