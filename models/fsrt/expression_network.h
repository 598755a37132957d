#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "models/blocks/layers.h"
#include "models/fsrt/fsrt_config.h"

namespace understudy {

/// Expression vector of a picture from the detector's features around its keypoints (FSRT Eq. 8): 7x7 convolution to 32
/// features per keypoint, averaged under the keypoint's heatmap, then an MLP.
class ExpressionNetwork : public torch::nn::Module {
 public:
  explicit ExpressionNetwork(const FsrtModelConfig& config);
  /// @param features  [n, c, h, w]  @param heatmaps  [n, k, h - 6, w - 6], constants  @return [n, expression size]
  at::Tensor forward(const at::Tensor& features, const at::Tensor& heatmaps) const;

 private:
  std::int64_t keypoints_;
  std::int64_t per_keypoint_;
  std::shared_ptr<Conv2d> expression_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace understudy
