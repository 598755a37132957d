#include "models/blocks/layers.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr double kEpsilon = 1e-5;

// Many rows of wide float32 features on a CPU: torch's convolution library multiplies them a few percent faster than
// its matrix library, the bias included (measured: 209 ... 221 against 190 ... 202 GFLOP/s on two cores).
bool is_faster_as_convolution(const at::Tensor& input, const at::Tensor& weight) {
  constexpr std::int64_t kRows = 1024;
  constexpr std::int64_t kWidth = 256;
  return input.scalar_type() == at::kFloat && input.is_cpu() && input.is_contiguous() &&
         input.numel() >= kRows * input.size(-1) && weight.size(0) >= kWidth && weight.size(1) >= kWidth;
}

// A 1x1 convolution over rows that lie as pixels with their channels together.
at::Tensor linear_by_convolution(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor pixels = input.view({1, -1, 1, input.size(-1)}).permute({0, 3, 1, 2});
  const at::Tensor output = at::conv2d(pixels, weight.unsqueeze(-1).unsqueeze(-1), bias);
  std::vector<std::int64_t> sizes = input.sizes().vec();
  sizes.back() = weight.size(0);
  return output.permute({0, 2, 3, 1}).reshape(sizes);
}

}  // namespace

Linear::Linear(std::int64_t inputs, std::int64_t outputs, bool with_bias, Arithmetic arithmetic)
    : arithmetic_(arithmetic) {
  weight_ = register_parameter("weight", at::zeros({outputs, inputs}));
  if (with_bias) bias_ = register_parameter("bias", at::zeros({outputs}));
}

at::Tensor Linear::forward(const at::Tensor& input) const {
  const bool convolve = arithmetic_ == Arithmetic::kFast && is_faster_as_convolution(input, weight_);
  return convolve ? linear_by_convolution(input, weight_, bias_) : at::linear(input, weight_, bias_);
}

Conv2d::Conv2d(const ConvShape& shape) : shape_(shape) {
  weight_ =
      register_parameter("weight", at::zeros({shape.outputs, shape.inputs / shape.groups, shape.kernel, shape.kernel}));
  if (shape.with_bias) bias_ = register_parameter("bias", at::zeros({shape.outputs}));
}

at::Tensor Conv2d::forward(const at::Tensor& input) const {
  return at::conv2d(input, weight_, bias_, shape_.stride, shape_.padding, 1, shape_.groups);
}

LayerNorm::LayerNorm(std::int64_t width) : width_(width) {
  weight_ = register_parameter("weight", at::ones({width}));
  bias_ = register_parameter("bias", at::zeros({width}));
}

at::Tensor LayerNorm::forward(const at::Tensor& input) const {
  // A bfloat16 stream is normalised in the precision of the weights: on a CPU torch would add up their gradients over
  // all rows in bfloat16, which stops growing after a few hundred.
  return at::layer_norm(input.to(weight_.scalar_type()), {width_}, weight_, bias_, kEpsilon);
}

InstanceNorm2d::InstanceNorm2d(std::int64_t channels) {
  weight_ = register_parameter("weight", at::ones({channels}));
  bias_ = register_parameter("bias", at::zeros({channels}));
}

at::Tensor InstanceNorm2d::forward(const at::Tensor& input) const {
  return at::instance_norm(input, weight_, bias_, {}, {}, true, 0.0, kEpsilon, false);
}

BatchNorm2d::BatchNorm2d(std::int64_t channels) {
  weight_ = register_parameter("weight", at::ones({channels}));
  bias_ = register_parameter("bias", at::zeros({channels}));
  running_mean_ = register_buffer("running_mean", at::zeros({channels}));
  running_var_ = register_buffer("running_var", at::ones({channels}));
  num_batches_tracked_ = register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
}

at::Tensor BatchNorm2d::forward(const at::Tensor& input) const {
  return at::batch_norm(input, weight_, bias_, running_mean_, running_var_, false, 0.0, kEpsilon, false);
}

at::Tensor BatchNorm2d::forward_with_batch_statistics(const at::Tensor& input,
                                                      std::vector<BatchStatistics>& statistics) const {
  // Running statistics that follow a batch entirely (momentum 1) are the batch's. A pass of its own over the input
  // would cost as much as the normalisation.
  const at::Tensor mean = at::zeros_like(running_mean_);
  const at::Tensor variance = at::zeros_like(running_var_);
  const at::Tensor output = at::batch_norm(input, weight_, bias_, mean, variance, true, 1.0, kEpsilon, false);
  // The unbiased estimate divides by the count - 1; a single number has no variance.
  const bool single = input.numel() == input.size(1);
  // Copies: autograd refuses a backward pass when what it has seen was changed.
  statistics.push_back({mean.clone(), single ? at::zeros_like(variance) : variance.clone()});
  return output;
}

at::Tensor BatchNorm2d::forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const {
  return statistics == nullptr ? forward(input) : forward_with_batch_statistics(input, *statistics);
}

void BatchNorm2d::update_running_statistics(const BatchStatistics& batch, double momentum) {
  const at::NoGradGuard no_grad;
  running_mean_.mul_(1 - momentum).add_(batch.mean, momentum);
  running_var_.mul_(1 - momentum).add_(batch.variance, momentum);
  num_batches_tracked_.add_(1);
}

std::vector<BatchNorm2d*> batch_norms_of(const torch::nn::Module& network) {
  std::vector<BatchNorm2d*> found;
  for (const auto& module : network.modules(/*include_self=*/false)) {
    if (auto* norm = module->as<BatchNorm2d>()) found.push_back(norm);
  }
  return found;
}

void update_running_statistics(const torch::nn::Module& network, std::span<const BatchStatistics> statistics) {
  const std::vector<BatchNorm2d*> norms = batch_norms_of(network);
  if (statistics.size() != norms.size()) {
    throw ShapeError(
        fmt::format("statistics of {} batch norms for a network that has {}", statistics.size(), norms.size()));
  }
  for (std::size_t i = 0; i < norms.size(); ++i) norms[i]->update_running_statistics(statistics[i]);
}

Mlp::Mlp(const std::vector<std::int64_t>& widths, Arithmetic arithmetic) {
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    layers_.push_back(
        register_module(std::to_string(2 * i), std::make_shared<Linear>(widths[i], widths[i + 1], true, arithmetic)));
  }
}

at::Tensor Mlp::forward(const at::Tensor& input) const {
  return forward_after_first(layers_.front()->forward(input));
}

at::Tensor Mlp::forward_after_first(at::Tensor activation) const {
  for (std::size_t i = 1; i < layers_.size(); ++i) activation = layers_[i]->forward(activation.relu_());
  return activation;
}

torch::nn::Module& add_group(torch::nn::Module& parent, const std::string& name) {
  return *parent.register_module(name, std::make_shared<torch::nn::Module>());
}

}  // namespace understudy
