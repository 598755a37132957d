#include "models/blocks/mobilenet_v2.h"

#include <string>

#include <torch/torch.h>

namespace understudy {
namespace {

ConvShape pointwise(std::int64_t inputs, std::int64_t outputs) {
  return {.inputs = inputs, .outputs = outputs, .kernel = 1, .with_bias = false};
}

ConvShape depthwise(std::int64_t channels, std::int64_t stride) {
  return {.inputs = channels,
          .outputs = channels,
          .kernel = 3,
          .stride = stride,
          .padding = 1,
          .with_bias = false,
          .groups = channels};
}

}  // namespace

ConvNormRelu6::ConvNormRelu6(const ConvShape& shape) {
  conv_ = register_module("0", std::make_shared<Conv2d>(shape));
  norm_ = register_module("1", std::make_shared<BatchNorm2d>(shape.outputs));
}

at::Tensor ConvNormRelu6::forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const {
  at::Tensor output = norm_->forward(conv_->forward(input), statistics);
  return at::relu6_(output);
}

InvertedResidual::InvertedResidual(const InvertedResidualShape& shape)
    : add_input_(shape.stride == 1 && shape.inputs == shape.outputs) {
  torch::nn::Module& conv = add_group(*this, "conv");
  const std::int64_t inner = shape.expansion * shape.inputs;
  const auto add_layer = [&](const ConvShape& layer) {
    layers_.push_back(conv.register_module(std::to_string(layers_.size()), std::make_shared<ConvNormRelu6>(layer)));
  };
  if (shape.expansion != 1) add_layer(pointwise(shape.inputs, inner));
  add_layer(depthwise(inner, shape.stride));
  const std::size_t next = layers_.size();
  project_ = conv.register_module(std::to_string(next), std::make_shared<Conv2d>(pointwise(inner, shape.outputs)));
  norm_ = conv.register_module(std::to_string(next + 1), std::make_shared<BatchNorm2d>(shape.outputs));
}

at::Tensor InvertedResidual::forward(const at::Tensor& input, std::vector<BatchStatistics>* statistics) const {
  at::Tensor activation = input;
  for (const auto& layer : layers_) activation = layer->forward(activation, statistics);
  at::Tensor output = norm_->forward(project_->forward(activation), statistics);
  // BatchNorm needs its input for the gradient, not its output, so the sum may take its place.
  return add_input_ ? output.add_(input) : output;
}

MobileNetV2::MobileNetV2(const MobileNetConfig& config, std::int64_t outputs) {
  torch::nn::Module& features = add_group(*this, "features");
  std::int64_t channels = config.scaled(config.stem);
  const ConvShape stem{.inputs = 3, .outputs = channels, .kernel = 3, .stride = 2, .padding = 1, .with_bias = false};
  stem_ = features.register_module("0", std::make_shared<ConvNormRelu6>(stem));
  const auto used = std::min(static_cast<std::size_t>(config.used_stages), config.stages.size());
  for (const InvertedResidualStage& stage : std::span(config.stages).first(used)) {
    const std::int64_t width = config.scaled(stage.channels);
    for (std::int64_t i = 0; i < stage.repeats; ++i) {
      const InvertedResidualShape shape{
          .inputs = channels, .outputs = width, .stride = i == 0 ? stage.stride : 1, .expansion = stage.expansion};
      blocks_.push_back(
          features.register_module(std::to_string(blocks_.size() + 1), std::make_shared<InvertedResidual>(shape)));
      channels = width;
    }
  }
  last_ = features.register_module(std::to_string(blocks_.size() + 1),
                                   std::make_shared<ConvNormRelu6>(pointwise(channels, config.feature_channels())));
  classifier_ =
      add_group(*this, "classifier").register_module("1", std::make_shared<Linear>(config.feature_channels(), outputs));
}

at::Tensor MobileNetV2::features(const at::Tensor& images, std::vector<BatchStatistics>* statistics) const {
  at::Tensor activation = stem_->forward(images, statistics);
  for (const auto& block : blocks_) activation = block->forward(activation, statistics);
  return last_->forward(activation, statistics).mean(at::IntArrayRef{2, 3});
}

at::Tensor MobileNetV2::forward(const at::Tensor& images) const {
  return classifier_->forward(features(images, nullptr));
}

at::Tensor MobileNetV2::forward_training(const at::Tensor& images,
                                         const at::Tensor& dropout,
                                         std::vector<BatchStatistics>& statistics) const {
  const at::Tensor found = features(images, &statistics);
  return classifier_->forward(dropout.defined() ? found * dropout : found);
}

}  // namespace understudy
