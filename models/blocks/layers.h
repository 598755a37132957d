#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "models/blocks/arithmetic.h"

namespace understudy {

// Layers whose parameters start at a fixed value (weights 0, norms 1 and 0) instead of drawing from a process-wide
// generator; initialization.h fills them from keyed draws. Names and shapes are those of the layers of PyTorch.

/// y = x W^T + b on the last dimension.
class Linear : public torch::nn::Module {
 public:
  Linear(std::int64_t inputs, std::int64_t outputs, bool with_bias = true, Arithmetic arithmetic = Arithmetic::kFast);
  at::Tensor forward(const at::Tensor& input) const;
  const at::Tensor& weight() const { return weight_; }  ///< [outputs, inputs]
  const at::Tensor& bias() const { return bias_; }      ///< [outputs], undefined without bias

 private:
  Arithmetic arithmetic_;
  at::Tensor weight_;
  at::Tensor bias_;
};

/// Shape of a convolution with a square kernel.
struct ConvShape {
  std::int64_t inputs;
  std::int64_t outputs;
  std::int64_t kernel;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  bool with_bias = true;
  std::int64_t groups = 1;  ///< equal parts of the channels that do not mix; as many as channels: depthwise
};

/// 2-D convolution of [n, inputs, h, w].
class Conv2d : public torch::nn::Module {
 public:
  explicit Conv2d(const ConvShape& shape);
  at::Tensor forward(const at::Tensor& input) const;
  const at::Tensor& weight() const { return weight_; }  ///< [outputs, inputs / groups, kernel, kernel]
  const at::Tensor& bias() const { return bias_; }      ///< [outputs], undefined without bias

 private:
  ConvShape shape_;
  at::Tensor weight_;
  at::Tensor bias_;
};

/// Normalises the last dimension to mean 0 and variance 1, then scales and shifts it; epsilon 1e-5.
class LayerNorm : public torch::nn::Module {
 public:
  explicit LayerNorm(std::int64_t width);
  at::Tensor forward(const at::Tensor& input) const;

 private:
  std::int64_t width_;
  at::Tensor weight_;
  at::Tensor bias_;
};

/// Instance normalisation of [n, channels, h, w] with scale and shift, no running statistics; epsilon 1e-5.
class InstanceNorm2d : public torch::nn::Module {
 public:
  explicit InstanceNorm2d(std::int64_t channels);
  at::Tensor forward(const at::Tensor& input) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

/// What one batch tells a BatchNorm layer: per-channel mean and unbiased variance, each [channels], without gradient.
struct BatchStatistics {
  at::Tensor mean;
  at::Tensor variance;
};

/// Batch normalisation of [n, channels, h, w]; epsilon 1e-5. A forward pass never changes a buffer: training passes
/// hand their statistics out, and the caller gives the average of an iteration back once.
class BatchNorm2d : public torch::nn::Module {
 public:
  explicit BatchNorm2d(std::int64_t channels);
  /// Normalises with the running statistics.
  at::Tensor forward(const at::Tensor& input) const;
  /// Normalises with the statistics of this batch and appends them to `statistics`.
  at::Tensor forward_with_batch_statistics(const at::Tensor& input, std::vector<BatchStatistics>& statistics) const;
  /// One of the two above. @param statistics  where those of the batch go, or null to use the running ones
  at::Tensor forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const;
  /// running = (1 - momentum) * running + momentum * batch; the counter of batches grows by one.
  void update_running_statistics(const BatchStatistics& batch, double momentum = 0.1);

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  at::Tensor running_mean_;
  at::Tensor running_var_;
  at::Tensor num_batches_tracked_;
};

/// The BatchNorm layers below a network in the order of its state; a network's training pass reports in this order.
std::vector<BatchNorm2d*> batch_norms_of(const torch::nn::Module& network);

/// One update an iteration, with the average of the statistics of its micro-batches, in the order of batch_norms_of.
/// @throws ShapeError  when there are not as many statistics as norms
void update_running_statistics(const torch::nn::Module& network, std::span<const BatchStatistics> statistics);

/// Linear layers with ReLU between them and none at the end; children "0", "2", "4", ...
class Mlp : public torch::nn::Module {
 public:
  /// @param widths  of the input and of every layer's output; at least two
  explicit Mlp(const std::vector<std::int64_t>& widths, Arithmetic arithmetic = Arithmetic::kFast);
  at::Tensor forward(const at::Tensor& input) const;
  /// Continues after the first layer. @param activation  its output before the ReLU; overwritten
  at::Tensor forward_after_first(at::Tensor activation) const;
  const Linear& first() const { return *layers_.front(); }
  const std::vector<std::shared_ptr<Linear>>& layers() const { return layers_; }

 private:
  std::vector<std::shared_ptr<Linear>> layers_;
};

/// Registers an empty module under `parent`, as a step of an official parameter name.
torch::nn::Module& add_group(torch::nn::Module& parent, const std::string& name);

}  // namespace understudy
