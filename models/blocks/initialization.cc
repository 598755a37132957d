#include "models/blocks/initialization.h"

#include <cmath>
#include <span>

#include <torch/torch.h>

#include "common/hash.h"
#include "common/philox.h"

namespace understudy {
namespace {

// Numbers the tensors of one network in the order of its state, which never changes for given sizes.
class Filler {
 public:
  Filler(std::uint64_t seed, std::string_view name, const InitialDistribution& distribution)
      : distribution_(distribution),
        seed_(seed),
        network_(std::uint64_t{crc32c(std::as_bytes(std::span(name)))} << 32) {}

  void fill(torch::nn::Module& module) {
    fill_own(module);
    for (const auto& child : module.named_children()) fill(*child.value());
  }

 private:
  void fill_own(torch::nn::Module& module) {
    const auto parameters = module.named_parameters(/*recurse=*/false);
    Spread spread;
    for (const auto& parameter : parameters) {
      if (parameter.value().dim() >= 2) spread = spread_of(parameter.value());
    }
    for (auto& parameter : parameters) fill_parameter(parameter.key(), parameter.value(), spread);
    for (auto& buffer : module.named_buffers(/*recurse=*/false)) {
      if (buffer.key() == "weight_u" || buffer.key() == "weight_v") fill_unit_vector(buffer.value());
    }
  }

  // A module with a weight matrix has one of the two above 0; one without is a norm.
  struct Spread {
    double bound = 0.0;      // weights and biases uniform
    double deviation = 0.0;  // weights normal, biases 0
  };

  Spread spread_of(const at::Tensor& weight) const {
    if (weight.dim() == 4 && distribution_.kaiming_convolutions) {
      const std::int64_t fan_out = weight.numel() / weight.size(1);
      return {.bound = 0.0, .deviation = std::sqrt(2.0 / static_cast<double>(fan_out))};
    }
    if (weight.dim() == 2 && distribution_.linear_deviation > 0.0) {
      return {.bound = 0.0, .deviation = distribution_.linear_deviation};
    }
    return {.bound = 1.0 / std::sqrt(static_cast<double>(weight.numel() / weight.size(0)))};
  }

  void fill_parameter(const std::string& name, at::Tensor parameter, const Spread& spread) {
    ++tensor_;
    if (spread.bound == 0.0 && spread.deviation == 0.0) {
      parameter.fill_(name == "weight" ? 1.0 : 0.0);
      return;
    }
    if (spread.deviation > 0.0 && parameter.dim() < 2) {
      parameter.fill_(0.0);
      return;
    }
    Draws draws(seed_, Purpose::kInitialWeights, network_ + tensor_);
    at::Tensor values = at::empty(parameter.sizes(), at::kFloat);
    for (float& value : std::span(values.data_ptr<float>(), static_cast<std::size_t>(values.numel()))) {
      value = static_cast<float>(spread.deviation > 0.0 ? spread.deviation * draws.normal()
                                                        : draws.uniform(-spread.bound, spread.bound));
    }
    parameter.copy_(values);
  }

  void fill_unit_vector(at::Tensor buffer) {
    Draws draws(seed_, Purpose::kInitialWeights, network_ + ++tensor_);
    at::Tensor values = at::empty(buffer.sizes(), at::kDouble);
    for (double& value : std::span(values.data_ptr<double>(), static_cast<std::size_t>(values.numel()))) {
      value = draws.normal();
    }
    buffer.copy_((values / values.norm()).to(at::kFloat));
  }

  InitialDistribution distribution_;
  std::uint64_t seed_;
  std::uint64_t network_;
  std::uint64_t tensor_ = 0;
};

}  // namespace

void initialize(torch::nn::Module& network,
                std::uint64_t seed,
                std::string_view name,
                const InitialDistribution& distribution) {
  const at::NoGradGuard no_grad;
  Filler(seed, name, distribution).fill(network);
}

}  // namespace understudy
