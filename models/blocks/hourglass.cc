#include "models/blocks/hourglass.h"

#include <algorithm>

#include <torch/torch.h>

namespace understudy {
namespace {

std::int64_t width_of(const HourglassShape& shape, std::int64_t level) {
  return level == 0 ? shape.width : std::min(shape.max_width, shape.width << level);
}

}  // namespace

ConvNormBlock::ConvNormBlock(std::int64_t inputs, std::int64_t outputs) {
  const ConvShape shape{.inputs = inputs, .outputs = outputs, .kernel = 3, .padding = 1};
  conv_ = register_module("conv", std::make_shared<Conv2d>(shape));
  norm_ = register_module("norm", std::make_shared<BatchNorm2d>(outputs));
}

at::Tensor ConvNormBlock::forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const {
  return norm_->forward(conv_->forward(input), statistics).relu_();
}

Hourglass::Hourglass(const HourglassShape& shape) {
  torch::nn::Module& down = add_group(add_group(*this, "encoder"), "down_blocks");
  for (std::int64_t i = 0; i < shape.blocks; ++i) {
    const std::int64_t inputs = i == 0 ? shape.channels : width_of(shape, i);
    down_.push_back(
        down.register_module(std::to_string(i), std::make_shared<ConvNormBlock>(inputs, width_of(shape, i + 1))));
  }
  torch::nn::Module& up = add_group(add_group(*this, "decoder"), "up_blocks");
  for (std::int64_t i = shape.blocks - 1; i >= 0; --i) {
    const std::int64_t joined = (i == shape.blocks - 1 ? 1 : 2) * width_of(shape, i + 1);
    up_.push_back(up.register_module(std::to_string(shape.blocks - 1 - i),
                                     std::make_shared<ConvNormBlock>(joined, width_of(shape, i))));
  }
}

at::Tensor Hourglass::forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const {
  std::vector<at::Tensor> way_down{input};
  for (const auto& block : down_) {
    way_down.push_back(at::avg_pool2d(block->forward(way_down.back(), statistics), 2));
  }
  at::Tensor output = way_down.back();
  for (const auto& block : up_) {
    way_down.pop_back();
    const at::Tensor& skip = way_down.back();
    output = block->forward(at::upsample_nearest2d(output, {skip.size(2), skip.size(3)}), statistics);
    output = at::cat({output, skip}, 1);
  }
  return output;
}

}  // namespace understudy
