#include "trainer/recipes/latent_pose/latent_pose_networks.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "common/log.h"
#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "trainer/findings.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

template <class Network>
std::shared_ptr<Network> make_frozen(const LatentPoseRecipeConfig& config,
                                     const std::string& file,
                                     const char* key,
                                     NamedTensors (*official_names)(const NamedTensors&),
                                     std::uint64_t seed) {
  auto network = std::make_shared<Network>();
  if (file == "random") {
    spdlog::warn("{} = \"random\": that loss uses random weights; meant for demos and tests", key);
    initialize(*network, seed, key);
  } else if (file.empty()) {
    throw ConfigError(fmt::format("{}: names no file; give the official weights, or \"random\" for a demo", key));
  } else {
    load_state(*network, official_names(load_weights(file)), file);
  }
  set_trainable(*network, false);
  if (config.precision == Precision::kFloat64) convert_precision(*network, at::kDouble);
  return network;
}

LatentPoseNetworks build(const LatentPoseModelConfig& model) {
  return {.embedder = std::make_shared<Embedder>(model.embedder),
          .generator = std::make_shared<LatentPoseGenerator>(model.generator()),
          .discriminator = std::make_shared<ProjectionDiscriminator>(model.discriminator()),
          .average_embedder = std::make_shared<Embedder>(model.embedder),
          .average_generator = std::make_shared<LatentPoseGenerator>(model.generator())};
}

void scale(Embedder& embedder, const char* weight, double gain) {
  const at::NoGradGuard no_grad;
  if (gain != 1.0) embedder.named_parameters()[weight].mul_(gain);
}

/// What the stage and the precision make of fresh networks.
LatentPoseNetworks settle(LatentPoseNetworks networks, const LatentPoseRecipeConfig& config) {
  if (config.stage != LatentPoseStage::kMeta) {
    const at::Tensor nobody = at::zeros({1, config.model.embedder.identity_size});
    networks.generator->set_identity(nobody);
    networks.average_generator->set_identity(nobody);
    networks.discriminator->set_identity(at::ones_like(nobody));
    set_trainable(*networks.embedder, false);
  }
  if (config.precision != Precision::kFloat64) return networks;
  convert_precision(*networks.embedder, at::kDouble);
  convert_precision(*networks.generator, at::kDouble);
  convert_precision(*networks.discriminator, at::kDouble);
  convert_precision(*networks.average_embedder, at::kDouble);
  convert_precision(*networks.average_generator, at::kDouble);
  return networks;
}

}  // namespace

LatentPoseNetworks make_latent_pose_networks(const LatentPoseRecipeConfig& config, std::uint64_t seed) {
  LatentPoseNetworks networks = build(config.model);
  initialize(*networks.embedder, seed, "embedder");
  scale(*networks.embedder, "identity_encoder.fc.weight", config.model.identity_gain);
  scale(*networks.embedder, "pose_encoder.classifier.1.weight", config.model.pose_gain);
  initialize(*networks.generator, seed, "generator", config.model.start_spread);
  initialize(*networks.discriminator, seed, "discriminator");
  return settle(std::move(networks), config);
}

LatentPoseNetworks make_latent_pose_networks(const LatentPoseRecipeConfig& config) {
  return settle(build(config.model), config);
}

NamedTensors latent_pose_state(const LatentPoseNetworks& networks) {
  NamedTensors tensors;
  const auto append = [&tensors](const torch::nn::Module& network, const std::string& prefix) {
    for (const auto& [name, tensor] : state_of(network)) tensors.emplace_back(prefix + name, tensor);
  };
  append(*networks.embedder, "embedder.");
  append(*networks.generator, "generator.");
  append(*networks.discriminator, "discriminator.");
  append(*networks.average_embedder, "average.embedder.");
  append(*networks.average_generator, "average.generator.");
  return tensors;
}

std::shared_ptr<CaffeVgg19> make_caffe_vgg(const LatentPoseRecipeConfig& config, std::uint64_t seed) {
  if (config.losses.perceptual_weight == 0) return nullptr;
  return make_frozen<CaffeVgg19>(
      config, config.perceptual_weights_file, "perceptual.weights", official_caffe_vgg19_names, seed);
}

std::shared_ptr<VggFace> make_vgg_face(const LatentPoseRecipeConfig& config, std::uint64_t seed) {
  if (config.losses.face_weight == 0) return nullptr;
  return make_frozen<VggFace>(
      config, config.face_weights_file, "perceptual.face_weights", official_vgg_face_names, seed);
}

LatentPosePerceptual make_latent_pose_perceptual(const LatentPoseRecipeConfig& config, std::uint64_t seed) {
  Problems problems;
  LatentPosePerceptual perceptual{
      .vgg = collect(problems, "perceptual.weights", [&] { return make_caffe_vgg(config, seed); }),
      .face = collect(problems, "perceptual.face_weights", [&] { return make_vgg_face(config, seed); })};
  problems.raise_if_any("perceptual");
  return perceptual;
}

}  // namespace understudy
