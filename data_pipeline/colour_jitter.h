#pragma once

#include <array>
#include <cstdint>

#include "common/philox.h"
#include "data_pipeline/fsrt_data_config.h"
#include "data_pipeline/planar_picture.h"

namespace understudy {

enum class ColourOperation : std::uint8_t { kBrightness, kSaturation, kHue, kContrast };

/// One colour version of a sample: factors and the order in which they act.
struct ColourJitter {
  float brightness = 1.0F;  ///< blend with black
  float contrast = 1.0F;    ///< blend with the rounded mean grey of the whole picture
  float saturation = 1.0F;  ///< blend with the picture's grey version
  double hue = 0.0;         ///< shift in turns, truncated to 1/255
  std::array<ColourOperation, 4> order{};
  int operations = 0;  ///< that many of `order` act; 0 leaves the picture as it is
  bool operator==(const ColourJitter&) const = default;
};

/// Draws brightness, contrast, saturation and hue, then shuffles the operations whose strength is not 0.
ColourJitter draw_colour_jitter(const FsrtDataConfig& config, Draws& draws);

/// Applies the operations with Pillow's 8-bit arithmetic: each is quantised to bytes before the next one, as
/// torchvision does it on PIL pictures. Same bytes on every x86-64 machine.
/// @param wanted  rows outside it may be left undefined in `result`; the mean grey is that of the whole picture all the
/// same
void apply_colour_jitter(const ColourJitter& jitter,
                         const PlanarPicture& picture,
                         const Rectangle& wanted,
                         PlanarPicture& result);

}  // namespace understudy
