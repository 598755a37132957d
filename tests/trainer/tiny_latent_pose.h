#pragma once

#include <string>

#include "trainer/recipe_config.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"

namespace understudy {

inline constexpr const char* kTinyLatentPose = R"(
[model]
image_size = 32
identity_frames = 2
identity_size = 16
pose_size = 8
channels = 4
max_channels = 32
discriminator_blocks = 4
identity_width = 8
identity_groups = 4
identity_width_per_group = 2
identity_blocks = [1, 1, 1, 1]
pose_width = 0.25
)";

/// @param rest  further keys of [model], then other sections
inline RunSettings tiny_latent_pose(const std::string& stage, const std::string& rest) {
  return RunSettings::read(
      "[recipe]\nname = \"latent_pose\"\nstage = \"" + stage + "\"\n" + kTinyLatentPose + rest, "tiny.toml", {});
}

inline const LatentPoseRecipeConfig& latent_pose_config(const RunSettings& settings) {
  return dynamic_cast<const LatentPoseRecipeConfig&>(*settings.recipe);
}

}  // namespace understudy
