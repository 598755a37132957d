#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/backbone_config.h"
#include "models/blocks/layers.h"

namespace understudy {

struct BottleneckShape {
  std::int64_t inputs;
  std::int64_t inner;  ///< channels between the 1x1 convolutions
  std::int64_t outputs;
  std::int64_t stride;
  std::int64_t groups;
  bool project;  ///< shortcut by 1x1 convolution and BatchNorm, needed where shapes differ
};

/// Convolutions 1x1, 3x3 in groups (it has the stride) and 1x1, each with BatchNorm, added to a shortcut; children
/// conv1, bn1, conv2, bn2, conv3, bn3, downsample.
class Bottleneck : public torch::nn::Module {
 public:
  explicit Bottleneck(const BottleneckShape& shape);
  /// @param input  [n, inputs, h, w]  @param statistics  where batch statistics go, or null to use the running ones
  at::Tensor forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const;

 private:
  std::shared_ptr<Conv2d> conv1_;
  std::shared_ptr<BatchNorm2d> bn1_;
  std::shared_ptr<Conv2d> conv2_;
  std::shared_ptr<BatchNorm2d> bn2_;
  std::shared_ptr<Conv2d> conv3_;
  std::shared_ptr<BatchNorm2d> bn3_;
  std::shared_ptr<Conv2d> shortcut_;  // absent: the input itself
  std::shared_ptr<BatchNorm2d> shortcut_norm_;
};

/// ResNeXt (Xie et al. 2017) with the layout and names of torchvision: 7x7 convolution and max-pooling, stages of
/// bottlenecks, average over the picture, linear layer fc.
class ResNeXt50 : public torch::nn::Module {
 public:
  ResNeXt50(const ResNeXtConfig& config, std::int64_t outputs);

  /// Uses the running statistics.
  /// @param images  [n, 3, h, w]  @return [n, outputs]
  at::Tensor forward(const at::Tensor& images) const;
  /// Uses the statistics of this batch and appends them to `statistics` in the order of batch_norms_of; changes no
  /// buffer.
  at::Tensor forward_training(const at::Tensor& images, std::vector<BatchStatistics>& statistics) const;

 private:
  at::Tensor run(const at::Tensor& images, std::vector<BatchStatistics>* statistics) const;

  std::shared_ptr<Conv2d> conv1_;
  std::shared_ptr<BatchNorm2d> bn1_;
  std::vector<std::shared_ptr<Bottleneck>> blocks_;
  std::shared_ptr<Linear> fc_;
};

}  // namespace understudy
