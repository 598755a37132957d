#pragma once

#include <array>
#include <cstdint>

#include "data_pipeline/blob_noise.h"
#include "data_pipeline/latent_pose_data_config.h"

namespace understudy {

/// The changes of pixels that the pose source is augmented with.
enum class PoseOperator : std::uint8_t {
  kBlur,
  kSharpen,
  kEmboss,
  kEdgeBlend,
  kGaussianNoise,
  kAdd,
  kSaturation,
  kJpeg,
  kMultiply,
  kContrast,
  kElastic,
};
inline constexpr std::size_t kPoseOperators = 11;
inline constexpr std::size_t kMostPoseOperators = 5;  ///< of one sample

struct PoseBlur {
  enum class Kind : std::uint8_t { kGaussian, kMean, kMedian } kind = Kind::kGaussian;
  double sigma = 0.0;  ///< of the Gaussian, pixels
  int side = 1;        ///< of the mean and the median, 1 ... 3; 1 leaves the picture as it is
  bool operator==(const PoseBlur&) const = default;
};
struct PoseSharpen {
  double alpha = 0.0;
  double lightness = 1.0;
  bool operator==(const PoseSharpen&) const = default;
};
struct PoseEmboss {
  double alpha = 0.0;
  double strength = 0.0;
  bool operator==(const PoseEmboss&) const = default;
};
struct PoseEdgeBlend {
  double alpha = 0.0;
  double threshold = 0.0;
  int maps = 1;                  ///< that many of `map` count
  std::array<BlobMap, 3> map{};  ///< their noise is keyed apart
  bool operator==(const PoseEdgeBlend&) const = default;
};
struct PoseContrast {
  bool sigmoid = false;
  double factor = 1.0;  ///< of linear contrast
  double gain = 3.0;    ///< of sigmoid contrast
  bool operator==(const PoseContrast&) const = default;
};
struct PoseElastic {
  bool act = false;
  double strength = 0.5;  ///< largest displacement, pixels
  bool operator==(const PoseElastic&) const = default;
};

/// Parameters of all operators, whether they act or not.
struct PoseOperatorDraws {
  PoseBlur blur;
  PoseSharpen sharpen;
  PoseEmboss emboss;
  PoseEdgeBlend edge_blend;
  double noise_deviation = 0.0;  ///< grey levels
  std::array<int, 3> add{};      ///< to red, green and blue
  int add_to_saturation = 0;
  int jpeg_compression = 70;  ///< 70 ... 98
  double multiply = 1.0;
  PoseContrast contrast;
  PoseElastic elastic;
  bool operator==(const PoseOperatorDraws&) const = default;
};

/// Every number drawn for one sample; the pictures follow from these and the frames alone. As drawn by default, nothing
/// is augmented.
struct LatentPoseDraws {
  std::array<PoseOperator, kMostPoseOperators> operators{};  ///< in the order in which they act
  std::size_t operator_count = 0;                            ///< that many of `operators` act
  PoseOperatorDraws parameters;
  bool scale_first = false;             ///< scale before the operators
  bool scale = false;                   ///< of the pose source alone
  std::array<double, 2> factors{1, 1};  ///< x, y: acts when `scale` is set
  bool shift = false;                   ///< of pose source, target and mask
  std::array<double, 2> fractions{};    ///< x, y of the side: acts when `shift` is set
  bool quantise_target = false;         ///< the target passes through bytes, which shifting needs
  std::uint64_t seed = 0;               ///< with `sample`, key of the noise fields, which are drawn where they act
  std::uint64_t sample = 0;
  bool operator==(const LatentPoseDraws&) const = default;
};

/// Which stream of Purpose::kPoseNoise holds a noise field; map i of the edge blend has kBlobs + i.
enum class PoseNoiseField : std::uint16_t { kGaussian = 0, kElastic = 1, kBlobs = 2 };

/// Draws everything for one training sample (dataloaders/common/augmentation.py with imgaug 0.4.0): a pure function of
/// its arguments.
/// @param sample  global sample number
LatentPoseDraws draw_latent_pose(std::uint64_t seed, std::uint64_t sample, const LatentPoseDataConfig& config);

}  // namespace understudy
