#pragma once

#include <cstdint>
#include <memory>

#include "models/blocks/caffe_vgg19.h"
#include "models/blocks/vgg_face.h"
#include "models/latent_pose/discriminator.h"
#include "models/latent_pose/embedder.h"
#include "models/latent_pose/generator.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"

namespace understudy {

/// The networks of a run. The averages are what is shown to users; they are never trained.
struct LatentPoseNetworks {
  std::shared_ptr<Embedder> embedder;
  std::shared_ptr<LatentPoseGenerator> generator;
  std::shared_ptr<ProjectionDiscriminator> discriminator;
  std::shared_ptr<Embedder> average_embedder;
  std::shared_ptr<LatentPoseGenerator> average_generator;
};

/// Networks with their published initialisation from `seed`; in fine-tuning with a person's identity of zeros.
LatentPoseNetworks make_latent_pose_networks(const LatentPoseRecipeConfig& config, std::uint64_t seed);

/// The frozen networks of the perceptual losses.
struct LatentPosePerceptual {
  std::shared_ptr<CaffeVgg19> vgg;
  std::shared_ptr<VggFace> face;
};

/// @throws ConfigError  for a key that names no file. @throws CheckpointError
LatentPosePerceptual make_latent_pose_perceptual(const LatentPoseRecipeConfig& config, std::uint64_t seed);

}  // namespace understudy
