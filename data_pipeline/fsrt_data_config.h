#pragma once

#include <cstdint>

#include "common/problems.h"

namespace understudy {

class ConfigVisitor;

/// How FSRT's samples are augmented and which pixels are queried. The defaults are the official values.
struct FsrtDataConfig {
  bool out_of_frame_motion = true;    ///< crop half of the samples so that the head leaves the frame
  std::int64_t query_pixels = 16384;  ///< pixels that carry gradient in Phases II and III
  std::int64_t query_pixels_phase1 = 4096;
  bool image_subsampling = true;  ///< these pixels form a grid with a drawn offset; else they are drawn freely
  bool horizontal_flip = true;
  double jitter_brightness = 0.1;  ///< factors are drawn from 1 - j ... 1 + j; 0 leaves the operation out
  double jitter_contrast = 0.1;
  double jitter_saturation = 0.1;
  double jitter_hue = 0.1;  ///< shift is drawn from -j ... j turns of the colour circle
};

/// The keys alone, for a section [data] that several structs share.
void describe_keys(ConfigVisitor& visitor, FsrtDataConfig& config);
void describe(ConfigVisitor& visitor, FsrtDataConfig& config);

/// @param picture_size  side of the pictures that the networks see, in pixels
void validate(const FsrtDataConfig& config, std::int64_t picture_size, Problems& problems);

}  // namespace understudy
