#pragma once

#include <cstdint>

#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"

namespace understudy {

/// What is alive at the peak of one training pass of the stage, estimated from the sizes of the layers: every number
/// that the backward pass reads, and the largest of the gradients it holds meanwhile. Weights, their gradients and the
/// batch itself are not in it. How it compares with measurements is in docs/doctor.md.
/// @param samples  of the micro-batch
std::int64_t latent_pose_training_bytes(const LatentPoseRecipeConfig& config, std::int64_t samples);

/// The same for a validation pass, which keeps nothing for a backward pass.
std::int64_t latent_pose_validation_bytes(const LatentPoseRecipeConfig& config, std::int64_t samples);

/// Weights of the perceptual networks that the losses use, which are no part of a checkpoint.
std::int64_t latent_pose_perceptual_bytes(const LatentPoseRecipeConfig& config);

}  // namespace understudy
