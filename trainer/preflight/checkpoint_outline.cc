#include "trainer/preflight/checkpoint_outline.h"

#include <ATen/ATen.h>

#include "checkpoints/safetensors.h"
#include "trainer/adam.h"

namespace understudy {

NamedTensors optimizer_outline(const std::vector<Player>& players) {
  NamedTensors state;
  for (const Player& player : players) {
    NamedTensors parameters;
    for (const auto& [name, tensor] : player.parameters)
      parameters.emplace_back(name, at::empty_like(tensor, tensor.options().device(at::kMeta)));
    const NamedTensors own = in_group(Adam(std::move(parameters), player.adam).state(), player.name);
    state.insert(state.end(), own.begin(), own.end());
  }
  return state;
}

std::int64_t checkpoint_file_bytes(const NamedTensors& model, const NamedTensors& optimizer) {
  return static_cast<std::int64_t>(safetensors_bytes(model) + safetensors_bytes(optimizer));
}

}  // namespace understudy
