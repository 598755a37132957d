#pragma once

#include <cstdint>
#include <vector>

namespace understudy {

/// Sizes of a ResNeXt; the defaults are those of ResNeXt-50 32x4d. Stage s = 0, 1, ... halves the picture except the
/// first, and has 4 * width * 2^s channels.
struct ResNeXtConfig {
  std::int64_t width = 64;                          ///< channels of the first convolution
  std::int64_t groups = 32;                         ///< of every 3x3 convolution
  std::int64_t width_per_group = 4;                 ///< channels of one group in stage 0; stage s has 2^s times as many
  std::vector<std::int64_t> blocks = {3, 4, 6, 3};  ///< bottlenecks of each stage
};

/// Inverted residual blocks of equal width, a row of the table in the MobileNetV2 paper.
struct InvertedResidualStage {
  std::int64_t expansion;  ///< channels inside a block, as a multiple of its input's
  std::int64_t channels;   ///< outputs
  std::int64_t repeats;
  std::int64_t stride;  ///< of the first block
};

/// Sizes of a MobileNetV2; the defaults are the published ones.
struct MobileNetConfig {
  double width_multiplier = 1.0;   ///< of stem, stages and, above 1, of the last convolution; rounded to multiples of 8
  std::int64_t stem = 32;          ///< channels of the first convolution
  std::int64_t last_width = 1280;  ///< channels of the last convolution
  std::vector<InvertedResidualStage> stages = {
      {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

  std::int64_t used_stages = 7;  ///< the first of `stages`, the others are left out: for small pictures

  /// Channels of the stem or a stage.
  std::int64_t scaled(std::int64_t channels) const;
  /// Channels in front of the classifier, which dropout sees.
  std::int64_t feature_channels() const;
};

}  // namespace understudy
