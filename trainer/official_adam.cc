#include "trainer/official_adam.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "common/log.h"

namespace understudy {
namespace {

void require_step(double step, double first, const std::string& parameter) {
  if (step != first)
    throw CheckpointError(fmt::format("{} has made {} steps where others have made {}", parameter, step, first));
}

/// The whole state of a player's optimiser, under the names of Adam::state.
/// @throws CheckpointError  when a part is missing or does not fit
NamedTensors whole_state(const PickleValue& state_dict, const Player& player, const std::string& key) {
  std::vector<std::string> names;
  for (const auto& parameter : player.parameters) names.push_back(parameter.first);
  const AdamState adam = adam_state_of(state_dict, names, key);
  NamedTensors tensors;
  at::Tensor steps;
  for (const auto& [name, parameter] : player.parameters) {
    const at::Tensor& step = require_tensor(adam.tensors, name + ".step", key);
    if (step.numel() != 1) throw CheckpointError(fmt::format("{}: {}.step is no single number", key, name));
    if (!steps.defined()) steps = step;
    require_step(step.item<double>(), steps.item<double>(), name);
    for (const char* moment : {".exp_avg", ".exp_avg_sq"}) {
      const at::Tensor& tensor = require_tensor(adam.tensors, name + moment, key);
      if (tensor.sizes() != parameter.sizes())
        throw CheckpointError(fmt::format("{}: {}{} has another shape than the network", key, name, moment));
      tensors.emplace_back(name + moment, tensor);
    }
  }
  tensors.emplace_back("step", steps.reshape({}).to(at::kDouble));
  spdlog::info("{}: the {}'s optimiser goes on after {} steps", key, player.name, steps.item<double>());
  return in_group(tensors, player.name);
}

bool has_not_stepped(const PickleValue& state_dict) {
  const PickleValue* state = state_dict.find("state");
  const auto* dict = state == nullptr ? nullptr : std::get_if<PickleDict>(&state->variant());
  return dict != nullptr && dict->items.empty();
}

}  // namespace

AdamState official_adam_state(const NamedTensors& state, const std::vector<std::string>& parameters) {
  constexpr std::string_view kWhere = "the checkpoint's optimiser state";
  const double steps = require_tensor(state, "step", kWhere).item<double>();
  AdamState adam;
  if (steps == 0.0) return adam;
  for (const std::string& parameter : parameters) {
    adam.tensors.emplace_back(parameter + ".step", at::scalar_tensor(steps, at::kFloat));
    for (const char* moment : {".exp_avg", ".exp_avg_sq"}) {
      adam.tensors.emplace_back(parameter + moment, require_tensor(state, parameter + moment, kWhere));
    }
  }
  return adam;
}

NamedTensors player_states(const PickleValue& checkpoint,
                           const std::vector<Player>& players,
                           std::span<const OfficialOptimizer> optimizers) {
  NamedTensors state;
  for (const auto& [key, name] : optimizers) {
    const PickleValue* dict = checkpoint.find(key);
    if (dict == nullptr || has_not_stepped(*dict)) continue;
    for (const Player& player : players) {
      if (player.name != name) continue;
      try {
        for (NamedTensor& item : whole_state(*dict, player, std::string(key))) state.push_back(std::move(item));
      } catch (const CheckpointError& error) {
        spdlog::warn("the {}'s optimiser starts anew: {}", name, error.what());
      }
    }
  }
  return state;
}

}  // namespace understudy
