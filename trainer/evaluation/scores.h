#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Measures of a picture against the truth, in this order; docs/evaluation.md has the formulas.
enum Measure : std::size_t { kPsnr, kSsim, kL1, kAkd, kPoseError, kPoseErrorAligned, kMeasures };

/// How a measure is written.
struct MeasureText {
  std::string_view key;    ///< in JSON
  std::string_view title;  ///< in the table, with the unit
  int decimals;
};
inline constexpr std::array<MeasureText, kMeasures> kMeasureTexts{{{"psnr", "PSNR dB", 2},
                                                                   {"ssim", "SSIM", 4},
                                                                   {"l1", "L1", 4},
                                                                   {"akd", "AKD px", 2},
                                                                   {"pose_error", "pose error", 4},
                                                                   {"pose_error_aligned", "aligned", 4}}};

/// The first of these are taken: without a landmark judge up to L1, with one that finds other landmarks
/// than the 68 up to AKD. The others are 0.
using Scores = std::array<double, kMeasures>;

/// The PSNR of a picture counts at most as much, so that equal pictures do not make a mean infinite. Two 8-bit pictures
/// that differ at all in 256 x 256 pixels stay below 102 dB.
inline constexpr double kMostPsnr = 100.0;

/// Landmarks by which the pose error is defined.
inline constexpr std::int64_t kLandmarksOfPose = 68;

/// A picture in [0, 1], [3, n, n], and its landmarks [k, 2]; undefined without a judge.
struct JudgedPicture {
  at::Tensor picture;
  at::Tensor landmarks;
};

/// Peak signal-to-noise ratio in dB of one picture [3, n, n], at most kMostPsnr.
double picture_psnr(const at::Tensor& predicted, const at::Tensor& truth);

/// All measures of one picture. Computed by itself, so that nothing depends on what is computed beside it.
Scores score(const JudgedPicture& predicted, const JudgedPicture& truth);

}  // namespace understudy
