#include "trainer/recipes/fsrt/official_checkpoint.h"

#include <array>
#include <limits>

#include <torch/torch.h>

#include "models/blocks/state.h"
#include "trainer/learning_rate.h"
#include "trainer/official_adam.h"
#include "trainer/recipes/fsrt/fsrt_recipe_config.h"

namespace understudy {
namespace {

/// Official keys of the players' optimisers.
constexpr std::array<OfficialOptimizer, 2> kOptimizers = {
    {{"optimizer", "generator"}, {"optimizer_disc", "discriminator"}}};

std::vector<std::string> parameter_names(const torch::nn::Module& network) {
  std::vector<std::string> names;
  for (const auto& parameter : network.named_parameters()) names.push_back(parameter.key());
  return names;
}

PickleValue optimizer_dict(const torch::nn::Module& network, const NamedTensors& state, const AdamGroup& group) {
  const std::vector<std::string> parameters = parameter_names(network);
  AdamState adam = official_adam_state(state, parameters);
  adam.group = group;
  return adam_state_dict(adam, parameters);
}

AdamGroup group_of_run(const OptimizerConfig& config, Iteration last) {
  return {.learning_rate = learning_rate_at(config, std::max<Iteration>(last, 0)),
          .beta1 = config.adam.beta1,
          .beta2 = config.adam.beta2,
          .epsilon = config.adam.epsilon};
}

double no_validation_yet(MetricMode mode) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return mode == MetricMode::kMaximise ? -kInfinity : kInfinity;
}

}  // namespace

TorchCheckpoint official_checkpoint(const FsrtNetworks& networks, const ExportSource& source, const RunConfig& run) {
  const Iteration last = source.completed - 1;
  const AdamGroup group = group_of_run(run.optimizer, last);
  TorchCheckpoint checkpoint;
  checkpoint.networks = {{"encoder", state_of(networks.model->encoder())},
                         {"decoder", state_of(networks.model->decoder())},
                         {"expression_encoder", state_of(networks.model->expression_encoder())}};
  const auto add = [&](const char* key, PickleValue value) { checkpoint.others.emplace_back(key, std::move(value)); };
  add("optimizer", optimizer_dict(*networks.model, group_of(source.optimizer, "generator"), group));
  if (networks.discriminator) {
    checkpoint.networks.emplace_back("discriminator", state_of(*networks.discriminator));
    add("optimizer_disc", optimizer_dict(*networks.discriminator, group_of(source.optimizer, "discriminator"), group));
  }
  add("it", last);
  add("epoch_it", 0);
  add("t", 0.0);
  add("loss_val_best", source.best_validation.value_or(no_validation_yet(run.validation.mode)));
  add("run_id", PickleValue());
  return checkpoint;
}

NamedTensors FsrtRecipeConfig::optimizer_state(const PickleValue& checkpoint,
                                               const std::vector<Player>& players) const {
  return player_states(checkpoint, players, kOptimizers);
}

std::int64_t FsrtRecipeConfig::published_iterations(const PickleValue& checkpoint) const {
  const PickleValue* last = checkpoint.find("it");
  return last == nullptr ? 0 : last->to_int("it") + 1;
}

}  // namespace understudy
