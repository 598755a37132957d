#include "models/blocks/resnext.h"

#include <string>

#include <torch/torch.h>

namespace understudy {
namespace {

constexpr std::int64_t kExpansion = 4;

ConvShape without_bias(std::int64_t inputs, std::int64_t outputs, std::int64_t kernel, std::int64_t stride) {
  return {.inputs = inputs,
          .outputs = outputs,
          .kernel = kernel,
          .stride = stride,
          .padding = kernel / 2,
          .with_bias = false};
}

}  // namespace

Bottleneck::Bottleneck(const BottleneckShape& shape) {
  conv1_ = register_module("conv1", std::make_shared<Conv2d>(without_bias(shape.inputs, shape.inner, 1, 1)));
  bn1_ = register_module("bn1", std::make_shared<BatchNorm2d>(shape.inner));
  ConvShape grouped = without_bias(shape.inner, shape.inner, 3, shape.stride);
  grouped.groups = shape.groups;
  conv2_ = register_module("conv2", std::make_shared<Conv2d>(grouped));
  bn2_ = register_module("bn2", std::make_shared<BatchNorm2d>(shape.inner));
  conv3_ = register_module("conv3", std::make_shared<Conv2d>(without_bias(shape.inner, shape.outputs, 1, 1)));
  bn3_ = register_module("bn3", std::make_shared<BatchNorm2d>(shape.outputs));
  if (!shape.project) return;
  torch::nn::Module& shortcut = add_group(*this, "downsample");
  const ConvShape projection = without_bias(shape.inputs, shape.outputs, 1, shape.stride);
  shortcut_ = shortcut.register_module("0", std::make_shared<Conv2d>(projection));
  shortcut_norm_ = shortcut.register_module("1", std::make_shared<BatchNorm2d>(shape.outputs));
}

at::Tensor Bottleneck::forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const {
  at::Tensor output = bn1_->forward(conv1_->forward(input), statistics).relu_();
  output = bn2_->forward(conv2_->forward(output), statistics).relu_();
  output = bn3_->forward(conv3_->forward(output), statistics);
  // BatchNorm needs its input for the gradient, not its output, so the sum may take its place.
  output.add_(shortcut_ ? shortcut_norm_->forward(shortcut_->forward(input), statistics) : input);
  return output.relu_();
}

ResNeXt50::ResNeXt50(const ResNeXtConfig& config, std::int64_t outputs) {
  conv1_ = register_module("conv1", std::make_shared<Conv2d>(without_bias(3, config.width, 7, 2)));
  bn1_ = register_module("bn1", std::make_shared<BatchNorm2d>(config.width));
  std::int64_t channels = config.width;
  for (std::size_t stage = 0; stage < config.blocks.size(); ++stage) {
    torch::nn::Module& layer = add_group(*this, "layer" + std::to_string(stage + 1));
    BottleneckShape shape{.inputs = channels,
                          .inner = config.groups * config.width_per_group << stage,
                          .outputs = kExpansion * config.width << stage,
                          .stride = stage == 0 ? 1 : 2,
                          .groups = config.groups,
                          .project = true};
    for (std::int64_t i = 0; i < config.blocks[stage]; ++i) {
      blocks_.push_back(layer.register_module(std::to_string(i), std::make_shared<Bottleneck>(shape)));
      shape.inputs = shape.outputs;
      shape.stride = 1;
      shape.project = false;
    }
    channels = shape.inputs;
  }
  fc_ = register_module("fc", std::make_shared<Linear>(channels, outputs));
}

at::Tensor ResNeXt50::run(const at::Tensor& images, std::vector<BatchStatistics>* statistics) const {
  at::Tensor activation = bn1_->forward(conv1_->forward(images), statistics).relu_();
  activation = at::max_pool2d(activation, 3, 2, 1);
  for (const auto& block : blocks_) activation = block->forward(activation, statistics);
  return fc_->forward(activation.mean(at::IntArrayRef{2, 3}));
}

at::Tensor ResNeXt50::forward(const at::Tensor& images) const {
  return run(images, nullptr);
}

at::Tensor ResNeXt50::forward_training(const at::Tensor& images, std::vector<BatchStatistics>& statistics) const {
  return run(images, &statistics);
}

}  // namespace understudy
