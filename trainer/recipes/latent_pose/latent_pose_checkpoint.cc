#include "trainer/recipes/latent_pose/latent_pose_checkpoint.h"

#include <array>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "models/blocks/state.h"
#include "trainer/learning_rate.h"
#include "trainer/official_adam.h"
#include "trainer/recipes/latent_pose/latent_pose_arguments.h"

namespace understudy {
namespace {

struct NamePart {
  std::string_view found;
  std::string_view own;
};

/// Networks by the first part of a name in their own state dicts.
constexpr std::array<NamePart, 11> kNetworkOfPart = {{{"identity_encoder", "embedder"},
                                                      {"pose_encoder", "embedder"},
                                                      {"identity_embedding", "generator"},
                                                      {"constant", "generator"},
                                                      {"decoder_blocks", "generator"},
                                                      {"affine_params_projector", "generator"},
                                                      {"down_block", "discriminator"},
                                                      {"skip", "discriminator"},
                                                      {"blocks", "discriminator"},
                                                      {"linear", "discriminator"},
                                                      {"embed", "discriminator"}}};

/// Official keys of the players' optimisers.
constexpr std::array<OfficialOptimizer, 2> kOptimizers = {
    {{"optimizer_G", "generator"}, {"optimizer_D", "discriminator"}}};

std::string own_name(const std::string& name) {
  constexpr std::string_view kAverages = "running_averages.";
  if (name.starts_with(kAverages)) return "average." + name.substr(kAverages.size());
  const std::string_view part = std::string_view(name).substr(0, name.find('.'));
  for (const NamePart& known : kNetworkOfPart) {
    if (known.found == part) return fmt::format("{}.{}", known.own, name);
  }
  return name;
}

void append_names(const torch::nn::Module& network, const std::string& prefix, std::vector<std::string>& names) {
  for (const auto& parameter : network.named_parameters()) names.push_back(prefix + parameter.key());
}

/// Steps as plain ints: the official RAdam computes with them in Python.
PickleValue optimizer_dict(const NamedTensors& state, const std::vector<std::string>& names, const AdamGroup& group) {
  AdamState adam = official_adam_state(state, names);
  adam.group = group;
  for (auto& [name, tensor] : adam.tensors) {
    if (name.ends_with(".step")) tensor = tensor.to(at::kLong);
  }
  return adam_state_dict(adam, names);
}

AdamGroup group_of_run(const AdamOptions& adam, double learning_rate) {
  return {.learning_rate = learning_rate,
          .beta1 = adam.beta1,
          .beta2 = adam.beta2,
          .epsilon = adam.epsilon,
          .rectified = adam.kind == AdamKind::kRAdam};
}

}  // namespace

NamedTensors latent_pose_names(NamedTensors weights) {
  for (NamedTensor& item : weights) item.first = own_name(item.first);
  return weights;
}

LatentPoseNetworks latent_pose_networks_of(const LatentPoseRecipeConfig& config, const NamedTensors& weights) {
  LatentPoseNetworks networks = make_latent_pose_networks(config);
  load_state(*networks.embedder, group_of(weights, "embedder"), "the embedder");
  load_state(*networks.generator, group_of(weights, "generator"), "the generator");
  load_state(*networks.discriminator, group_of(weights, "discriminator"), "the discriminator");
  load_state(*networks.average_embedder, group_of(weights, "average.embedder"), "the embedder's average");
  load_state(*networks.average_generator, group_of(weights, "average.generator"), "the generator's average");
  return networks;
}

PickleValue latent_pose_checkpoint(const LatentPoseNetworks& networks,
                                   const ExportSource& source,
                                   const LatentPoseRecipeConfig& config,
                                   const RunConfig& run) {
  std::vector<std::string> generator;
  append_names(*networks.generator, "generator.", generator);
  if (config.stage == LatentPoseStage::kMeta) append_names(*networks.embedder, "embedder.", generator);
  std::vector<std::string> discriminator;
  append_names(*networks.discriminator, "discriminator.", discriminator);
  const double rate = learning_rate_at(run.optimizer, std::max<Iteration>(source.completed - 1, 0));
  const AdamOptions& adam = run.optimizer.adam;
  PickleDict averages;
  averages.items.emplace_back("embedder", state_dict_from(state_of(*networks.average_embedder)));
  averages.items.emplace_back("generator", state_dict_from(state_of(*networks.average_generator)));
  return torch_checkpoint(
      {.networks = {{"embedder", state_of(*networks.embedder)},
                    {"generator", state_of(*networks.generator)},
                    {"discriminator", state_of(*networks.discriminator)}},
       .others = {{"optimizer_G",
                   optimizer_dict(group_of(source.optimizer, "generator"), generator, group_of_run(adam, rate))},
                  {"optimizer_D",
                   optimizer_dict(group_of(source.optimizer, "discriminator"),
                                  discriminator,
                                  group_of_run(adam, config.discriminator_learning_rate))},
                  {"running_averages", averages},
                  {"args", latent_pose_arguments(config, run, source.completed)}}});
}

NamedTensors LatentPoseRecipeConfig::own_names(NamedTensors weights) const {
  return latent_pose_names(std::move(weights));
}

NamedTensors LatentPoseRecipeConfig::optimizer_state(const PickleValue& checkpoint,
                                                     const std::vector<Player>& players) const {
  return player_states(checkpoint, players, kOptimizers);
}

PickleValue LatentPoseRecipeConfig::published_checkpoint(const RunConfig& run, const ExportSource& source) const {
  return latent_pose_checkpoint(latent_pose_networks_of(*this, source.model), source, *this, run);
}

std::int64_t LatentPoseRecipeConfig::published_iterations(const PickleValue& checkpoint) const {
  const PickleValue* arguments = checkpoint.find("args");
  const PickleValue* iteration = arguments == nullptr ? nullptr : arguments->find("iteration");
  return iteration == nullptr ? 0 : iteration->to_int("args.iteration");
}

}  // namespace understudy
