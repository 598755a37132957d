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
  Filler(std::uint64_t seed, std::string_view name)
      : seed_(seed), network_(std::uint64_t{crc32c(std::as_bytes(std::span(name)))} << 32) {}

  void fill(torch::nn::Module& module) {
    fill_own(module);
    for (const auto& child : module.named_children()) fill(*child.value());
  }

 private:
  void fill_own(torch::nn::Module& module) {
    const auto parameters = module.named_parameters(/*recurse=*/false);
    double bound = 0.0;
    for (const auto& parameter : parameters) {
      const at::Tensor& value = parameter.value();
      if (value.dim() >= 2) bound = 1.0 / std::sqrt(static_cast<double>(value.numel() / value.size(0)));
    }
    for (auto& parameter : parameters) fill_parameter(parameter.key(), parameter.value(), bound);
    for (auto& buffer : module.named_buffers(/*recurse=*/false)) {
      if (buffer.key() == "weight_u" || buffer.key() == "weight_v") fill_unit_vector(buffer.value());
    }
  }

  // A module with a weight matrix has bound > 0; one without is a norm.
  void fill_parameter(const std::string& name, at::Tensor parameter, double bound) {
    ++tensor_;
    if (bound == 0.0) {
      parameter.fill_(name == "weight" ? 1.0 : 0.0);
      return;
    }
    Draws draws(seed_, Purpose::kInitialWeights, network_ + tensor_);
    at::Tensor values = at::empty(parameter.sizes(), at::kFloat);
    for (float& value : std::span(values.data_ptr<float>(), static_cast<std::size_t>(values.numel()))) {
      value = static_cast<float>(draws.uniform(-bound, bound));
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

  std::uint64_t seed_;
  std::uint64_t network_;
  std::uint64_t tensor_ = 0;
};

}  // namespace

void initialize(torch::nn::Module& network, std::uint64_t seed, std::string_view name) {
  const at::NoGradGuard no_grad;
  Filler(seed, name).fill(network);
}

}  // namespace understudy
