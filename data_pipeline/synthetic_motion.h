#pragma once

#include <array>
#include <cstdint>

#include "data_pipeline/synthetic_head.h"

namespace understudy {

/// Pose and expression of one frame.
struct HeadState {
  HeadPose pose;
  ExpressionParameters expression;
};

/// No head of a `HeadMotion` turns further, to either side.
inline constexpr HeadPose kLargestPose{.yaw = 0.85F, .pitch = 0.42F, .roll = 0.4F};

/// Smooth motion of one clip at 25 frames a second: sums of sinusoids with drawn amplitudes, frequencies and phases,
/// and blinks. A pure function of (seed, clip, frame).
class HeadMotion {
 public:
  /// @param clip  number that tells the clips of a set apart
  HeadMotion(std::uint64_t seed, std::uint64_t clip);
  HeadState at(std::uint32_t frame) const;

 private:
  struct Wave {
    double amplitude = 0.0;
    double cycles_per_frame = 0.0;
    double phase = 0.0;  ///< turns
  };
  static constexpr int kChannels = 11;
  static constexpr int kWaves = 3;
  double channel(int number, std::uint32_t frame) const;

  std::array<std::array<Wave, kWaves>, kChannels> waves_{};
  double blink_period_ = 80.0;
  double blink_offset_ = 0.0;
};

}  // namespace understudy
