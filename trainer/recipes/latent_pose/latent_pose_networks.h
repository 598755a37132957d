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

/// The same with values that mean nothing: for weights from elsewhere, or none.
LatentPoseNetworks make_latent_pose_networks(const LatentPoseRecipeConfig& config);

/// Every tensor of the networks: "embedder.", "generator.", "discriminator.", "average.embedder." and
/// "average.generator." in front of official names.
NamedTensors latent_pose_state(const LatentPoseNetworks& networks);

/// The frozen networks of the perceptual losses; null where the loss has no weight.
struct LatentPosePerceptual {
  std::shared_ptr<CaffeVgg19> vgg;
  std::shared_ptr<VggFace> face;
};

/// Each of them, from the file that its key names. @throws ConfigError  for a key that names none. @throws
/// CheckpointError
std::shared_ptr<CaffeVgg19> make_caffe_vgg(const LatentPoseRecipeConfig& config, std::uint64_t seed);
std::shared_ptr<VggFace> make_vgg_face(const LatentPoseRecipeConfig& config, std::uint64_t seed);

/// Both, with the same errors.
LatentPosePerceptual make_latent_pose_perceptual(const LatentPoseRecipeConfig& config, std::uint64_t seed);

}  // namespace understudy
