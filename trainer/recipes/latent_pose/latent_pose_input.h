#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "data_pipeline/picture.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"

namespace understudy {

/// Pictures as the encoders take them where nothing is augmented: cut as the samples of training are.
/// @param pictures  of any sizes, each cut to the head already  @return [b, 3, n, n] in [0, 1]
at::Tensor latent_pose_input(std::span<const Picture> pictures, const LatentPoseRecipeConfig& config);

}  // namespace understudy
