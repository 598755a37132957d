#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/backbone_config.h"
#include "models/blocks/layers.h"

namespace understudy {

/// Convolution without bias, BatchNorm, ReLU6; children 0 and 1.
class ConvNormRelu6 : public torch::nn::Module {
 public:
  explicit ConvNormRelu6(const ConvShape& shape);
  /// @param statistics  where batch statistics go, or null to use the running ones
  at::Tensor forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const;

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm2d> norm_;
};

struct InvertedResidualShape {
  std::int64_t inputs;
  std::int64_t outputs;
  std::int64_t stride;
  std::int64_t expansion;  ///< 1: no expanding convolution
};

/// Expanding 1x1, depthwise 3x3 and linear 1x1 convolution, added to the input where the shapes agree; children conv.0,
/// conv.1, ...
class InvertedResidual : public torch::nn::Module {
 public:
  explicit InvertedResidual(const InvertedResidualShape& shape);
  /// @param input  [n, inputs, h, w]  @param statistics  as above
  at::Tensor forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const;

 private:
  bool add_input_;
  std::vector<std::shared_ptr<ConvNormRelu6>> layers_;
  std::shared_ptr<Conv2d> project_;
  std::shared_ptr<BatchNorm2d> norm_;
};

/// MobileNetV2 (Sandler et al. 2018) with the layout and names of torchvision: features.N, average over the picture,
/// dropout, linear layer classifier.1.
class MobileNetV2 : public torch::nn::Module {
 public:
  MobileNetV2(const MobileNetConfig& config, std::int64_t outputs);

  /// Uses the running statistics and no dropout.
  /// @param images  [n, 3, h, w]  @return [n, outputs]
  at::Tensor forward(const at::Tensor& images) const;
  /// Uses the statistics of this batch and appends them to `statistics` in the order of batch_norms_of; changes no
  /// buffer.
  /// @param dropout  [n, feature_channels of the config], factors 0 or 1 / (1 - p); undefined: none
  at::Tensor forward_training(const at::Tensor& images,
                              const at::Tensor& dropout,
                              std::vector<BatchStatistics>& statistics) const;

 private:
  at::Tensor features(const at::Tensor& images, std::vector<BatchStatistics>* statistics) const;

  std::shared_ptr<ConvNormRelu6> stem_;
  std::vector<std::shared_ptr<InvertedResidual>> blocks_;
  std::shared_ptr<ConvNormRelu6> last_;
  std::shared_ptr<Linear> classifier_;
};

}  // namespace understudy
