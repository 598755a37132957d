#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/layers.h"

namespace understudy {

/// Convolution 3x3, BatchNorm, ReLU; children conv and norm.
class ConvNormBlock : public torch::nn::Module {
 public:
  ConvNormBlock(std::int64_t inputs, std::int64_t outputs);
  /// @param statistics  where batch statistics go, or null to use the running ones
  at::Tensor forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const;

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm2d> norm_;
};

struct HourglassShape {
  std::int64_t channels;  ///< of the input
  std::int64_t width;     ///< block i has min(max_width, width * 2^(i+1)) channels
  std::int64_t max_width;
  std::int64_t blocks;
};

/// FOMM's hourglass: blocks down by average pooling, up by nearest neighbours, joined by concatenation with the way
/// down.
class Hourglass : public torch::nn::Module {
 public:
  explicit Hourglass(const HourglassShape& shape);
  /// @param input  [n, channels, h, w] with h and w multiples of 2^blocks  @return [n, width + channels, h, w]
  at::Tensor forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const;

 private:
  std::vector<std::shared_ptr<ConvNormBlock>> down_;
  std::vector<std::shared_ptr<ConvNormBlock>> up_;
};

}  // namespace understudy
