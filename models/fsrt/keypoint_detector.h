#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/anti_alias.h"
#include "models/blocks/hourglass.h"
#include "models/blocks/layers.h"
#include "models/fsrt/fsrt_config.h"

namespace understudy {

/// What the detector finds in n pictures.
struct Detection {
  at::Tensor keypoints;  ///< [n, k, 2] (x, y), detector coordinates
  at::Tensor features;   ///< [n, width + 3, h, w], the hourglass output; official size 35 x 64 x 64
  at::Tensor heatmaps;   ///< [n, k, h - 6, w - 6], each sums to 1; official size 58 x 58
};

/// FOMM's keypoint detector without its Jacobian head, as FSRT uses it (FSRT 3.1): blur and down-sample, hourglass,
/// 7x7 convolution, softmax at temperature 0.1, expected position. Its precision and size follow its weights.
class KeypointDetector : public torch::nn::Module {
 public:
  explicit KeypointDetector(const FsrtModelConfig& config);

  /// Uses the running statistics and builds a graph when gradients are on.
  /// @param images  [n, 3, h, w] in [0, 1]; any size whose down-sampled height and width 2^blocks divides
  /// @throws ShapeError  otherwise
  Detection forward(const at::Tensor& images) const;

  /// The frozen detector, without a graph. Meant for one pass over all pictures of a step: a picture's results in
  /// batches of different size agree to rounding (1e-6), not to the bit.
  Detection detect(const at::Tensor& images) const;

  /// Normalises with the statistics of this batch, changes no buffer, and hands the statistics out in a fixed order.
  Detection forward_training(const at::Tensor& images, std::vector<BatchStatistics>& statistics) const;
  /// One update an iteration, with the average of the statistics of its micro-batches.
  void update_running_statistics(const std::vector<BatchStatistics>& statistics);

  /// Logits before the softmax, [n, k, h - 6, w - 6]; features as above.
  at::Tensor logits(const at::Tensor& features) const;

 private:
  Detection run(const at::Tensor& images, std::vector<BatchStatistics>* statistics) const;

  std::int64_t size_unit_;
  std::shared_ptr<Hourglass> predictor_;
  std::shared_ptr<Conv2d> kp_;
  std::shared_ptr<AntiAlias> down_;
};

}  // namespace understudy
