#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/attention.h"
#include "models/blocks/layers.h"
#include "models/fsrt/fsrt_config.h"

namespace understudy {

/// Source frames to tokens (FSRT 3.1): three convolution blocks that halve the picture, a linear layer a patch, and
/// self-attention over the tokens of all source frames. All but three of the first layer's input channels are constant
/// over a picture or depend on one coordinate; their share is computed from sums of weights instead of pixel by pixel.
class FsrtEncoder : public torch::nn::Module {
 public:
  explicit FsrtEncoder(const FsrtModelConfig& config);

  /// @param images       [b, s, 3, h, w]; h and w multiples of 8
  /// @param keypoints    [b, s, k, 2]
  /// @param expressions  [b, s, e]; not read with encode_with_expression = false
  /// @return  tokens [b, s h w / 64, token width], source by source, row by row
  at::Tensor forward(const at::Tensor& images, const at::Tensor& keypoints, const at::Tensor& expressions) const;

  /// Output of the first convolution before its ReLU, for n = b s pictures: [n, encoder width, h, w].
  at::Tensor first_convolution(const at::Tensor& images,
                               const at::Tensor& keypoints,
                               const at::Tensor& expressions) const;
  /// Output of the per-patch layer for n pictures, [n, token width, h/8, w/8]. @param activation  the first
  /// convolution's; overwritten
  at::Tensor patches(at::Tensor activation) const;

 private:
  at::Tensor all_channels(const at::Tensor& pictures, const at::Tensor& constants) const;
  at::Tensor position_share(const at::Tensor& constants, std::int64_t height, std::int64_t width) const;

  FsrtModelConfig config_;
  std::vector<std::shared_ptr<Conv2d>> convs_;
  std::shared_ptr<Conv2d> per_patch_linear_;
  std::vector<std::shared_ptr<SelfAttentionBlock>> blocks_;
};

}  // namespace understudy
