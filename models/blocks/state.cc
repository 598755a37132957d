#include "models/blocks/state.h"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "common/errors.h"

namespace understudy {
namespace {

void append_state(const torch::nn::Module& module, const std::string& prefix, NamedTensors& state) {
  for (const auto& own : module.named_parameters(/*recurse=*/false))
    state.emplace_back(prefix + own.key(), own.value());
  for (const auto& own : module.named_buffers(/*recurse=*/false)) state.emplace_back(prefix + own.key(), own.value());
  for (const auto& child : module.named_children()) append_state(*child.value(), prefix + child.key() + ".", state);
}

std::map<std::string, at::Tensor> by_name(const NamedTensors& state) {
  return {state.begin(), state.end()};
}

std::vector<std::string> mismatches(const NamedTensors& own, const std::map<std::string, at::Tensor>& given) {
  std::vector<std::string> found;
  for (const auto& [name, tensor] : own) {
    const auto other = given.find(name);
    if (other == given.end()) {
      found.push_back(fmt::format("{} is missing", name));
    } else if (other->second.sizes() != tensor.sizes()) {
      found.push_back(fmt::format("{} has shape [{}], not [{}]",
                                  name,
                                  fmt::join(other->second.sizes(), ", "),
                                  fmt::join(tensor.sizes(), ", ")));
    }
  }
  const auto names = by_name(own);
  for (const auto& entry : given) {
    if (!names.contains(entry.first)) found.push_back(fmt::format("{} is unknown", entry.first));
  }
  return found;
}

void raise_if_any(const std::vector<std::string>& found, std::string_view what) {
  constexpr std::size_t kShown = 8;
  if (found.empty()) return;
  const std::vector<std::string> shown(found.data(), found.data() + std::min(found.size(), kShown));
  throw CheckpointError(
      fmt::format("the weights do not fit {}: {}{}; use the weights or the model sizes that belong together",
                  what,
                  fmt::join(shown, "; "),
                  found.size() > kShown ? fmt::format("; and {} more", found.size() - kShown) : ""));
}

}  // namespace

NamedTensors state_of(const torch::nn::Module& network) {
  NamedTensors state;
  append_state(network, "", state);
  return state;
}

void load_state(torch::nn::Module& network, const NamedTensors& state, std::string_view what) {
  const at::NoGradGuard no_grad;
  NamedTensors own = state_of(network);
  const auto given = by_name(state);
  raise_if_any(mismatches(own, given), what);
  for (auto& [name, tensor] : own) tensor.copy_(given.at(name));
}

void convert_precision(torch::nn::Module& network, at::ScalarType precision) {
  for (const auto& [name, tensor] : state_of(network)) {
    if (tensor.is_floating_point()) tensor.set_data(tensor.detach().to(precision));
  }
}

void set_trainable(torch::nn::Module& network, bool trainable) {
  for (const at::Tensor& parameter : network.parameters()) parameter.set_requires_grad(trainable);
}

Frozen::Frozen(const torch::nn::Module& network) {
  for (const at::Tensor& parameter : network.parameters()) {
    before_.emplace_back(parameter, parameter.requires_grad());
    parameter.set_requires_grad(false);
  }
}

Frozen::~Frozen() {
  for (const auto& [parameter, trainable] : before_) parameter.set_requires_grad(trainable);
}

std::int64_t parameter_count(const torch::nn::Module& network) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : network.parameters()) count += parameter.numel();
  return count;
}

}  // namespace understudy
