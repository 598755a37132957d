#include "models/fsrt/expression_network.h"

#include <torch/torch.h>

namespace understudy {
namespace {

std::vector<std::int64_t> mlp_widths(const FsrtModelConfig& config) {
  std::vector<std::int64_t> widths{config.keypoints * config.expression_features};
  widths.insert(widths.end(), config.expression_widths.begin(), config.expression_widths.end());
  widths.push_back(config.expression_size);
  return widths;
}

}  // namespace

ExpressionNetwork::ExpressionNetwork(const FsrtModelConfig& config)
    : keypoints_(config.keypoints), per_keypoint_(config.expression_features) {
  const ConvShape shape{
      .inputs = config.detector_width + 3, .outputs = config.keypoints * config.expression_features, .kernel = 7};
  expression_ = register_module("expression", std::make_shared<Conv2d>(shape));
  mlp_ = register_module("expression_mlp", std::make_shared<Mlp>(mlp_widths(config), config.arithmetic()));
}

at::Tensor ExpressionNetwork::forward(const at::Tensor& features, const at::Tensor& heatmaps) const {
  const at::Tensor found = expression_->forward(features);
  const at::Tensor per_keypoint = found.view({found.size(0), keypoints_, per_keypoint_, -1});
  // Not a matrix-vector product: that adds up 58 x 58 numbers in a row, which costs a digit that the encoder's ReLUs
  // amplify.
  const at::Tensor average = (per_keypoint * heatmaps.flatten(2).unsqueeze(2)).sum(-1);
  return mlp_->forward(average.flatten(1));
}

}  // namespace understudy
