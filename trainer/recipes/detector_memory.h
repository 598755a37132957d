#pragma once

#include <cstdint>

#include "models/fsrt/fsrt_config.h"

namespace understudy {

// Numbers (not bytes) that FSRT's keypoint detector holds for one picture, counted from the sizes of its layers.

/// Side of its feature maps.
std::int64_t detector_side(const FsrtModelConfig& config);

/// Without gradient: the way down and the widest step.
std::int64_t detector_passing_numbers(const FsrtModelConfig& config);

/// What a training pass keeps for its backward pass, and the largest tensor of it.
struct DetectorTraining {
  std::int64_t kept = 0;
  std::int64_t widest = 0;
};
DetectorTraining detector_training_numbers(const FsrtModelConfig& config);

}  // namespace understudy
