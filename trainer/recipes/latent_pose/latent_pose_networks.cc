#include "trainer/recipes/latent_pose/latent_pose_networks.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "common/log.h"
#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

template <class Network>
void load_frozen(Network& network,
                 const std::string& file,
                 const char* key,
                 NamedTensors (*official_names)(const NamedTensors&),
                 std::uint64_t seed) {
  if (file == "random") {
    spdlog::warn("{} = \"random\": that loss uses random weights; meant for demos and tests", key);
    initialize(network, seed, key);
  } else if (file.empty()) {
    throw ConfigError(fmt::format("{}: names no file; give the official weights, or \"random\" for a demo", key));
  } else {
    load_state(network, official_names(load_weights(file)), file);
  }
  set_trainable(network, false);
}

}  // namespace

LatentPoseNetworks make_latent_pose_networks(const LatentPoseRecipeConfig& config, std::uint64_t seed) {
  const LatentPoseModelConfig& model = config.model;
  LatentPoseNetworks networks{.embedder = std::make_shared<Embedder>(model.embedder),
                              .generator = std::make_shared<LatentPoseGenerator>(model.generator()),
                              .discriminator = std::make_shared<ProjectionDiscriminator>(model.discriminator()),
                              .average_embedder = std::make_shared<Embedder>(model.embedder),
                              .average_generator = std::make_shared<LatentPoseGenerator>(model.generator())};
  initialize(*networks.embedder, seed, "embedder");
  initialize(*networks.generator, seed, "generator");
  initialize(*networks.discriminator, seed, "discriminator");
  if (config.stage != LatentPoseStage::kMeta) {
    const at::Tensor nobody = at::zeros({1, model.embedder.identity_size});
    networks.generator->set_identity(nobody);
    networks.average_generator->set_identity(nobody);
    networks.discriminator->set_identity(at::ones_like(nobody));
  }
  if (config.precision != Precision::kFloat64) return networks;
  convert_precision(*networks.embedder, at::kDouble);
  convert_precision(*networks.generator, at::kDouble);
  convert_precision(*networks.discriminator, at::kDouble);
  convert_precision(*networks.average_embedder, at::kDouble);
  convert_precision(*networks.average_generator, at::kDouble);
  return networks;
}

LatentPosePerceptual make_latent_pose_perceptual(const LatentPoseRecipeConfig& config, std::uint64_t seed) {
  LatentPosePerceptual networks{.vgg = std::make_shared<CaffeVgg19>(), .face = std::make_shared<VggFace>()};
  load_frozen(*networks.vgg, config.perceptual_weights_file, "perceptual.weights", official_caffe_vgg19_names, seed);
  load_frozen(*networks.face, config.face_weights_file, "perceptual.face_weights", official_vgg_face_names, seed);
  if (config.precision == Precision::kFloat64) {
    convert_precision(*networks.vgg, at::kDouble);
    convert_precision(*networks.face, at::kDouble);
  }
  return networks;
}

}  // namespace understudy
