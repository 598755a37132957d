#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data_pipeline/fsrt_draws.h"
#include "data_pipeline/landmarks.h"
#include "data_pipeline/picture.h"

namespace understudy::golden {

/// The frames of the golden sample: formula instead of file, 320 wide, 288 high.
inline Picture frame(int number) {
  Picture picture(320, 288);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        picture.pixel(x, y)[c] = static_cast<std::uint8_t>((x * (c + 1) + 2 * y + 40 * number + 30 * c) % 256);
      }
    }
  }
  return picture;
}

inline Landmarks68 landmarks(int number) {
  Landmarks68 face;
  for (int i = 0; i < 68; ++i) {
    const auto at = static_cast<std::size_t>(2 * i);
    face.xy[at] = static_cast<float>(90 + 1.2 * i + 4 * number);
    face.xy[at + 1] = static_cast<float>(95 + 1.1 * ((37 * i) % 68) + 3 * number);
  }
  return face;
}

/// The scripted draws.
inline FsrtDraws draws(bool flip) {
  using enum ColourOperation;
  FsrtDraws draws;
  draws.flip = flip;
  draws.jitter[0] = {1.07F, 0.94F, 1.05F, -0.06, {kHue, kBrightness, kContrast, kSaturation}, 4};
  draws.jitter[1] = {0.93F, 1.08F, 0.97F, 0.04, {kBrightness, kSaturation, kHue, kContrast}, 4};
  draws.jitter[2] = {1.02F, 0.99F, 1.09F, 0.083, {kContrast, kHue, kSaturation, kBrightness}, 4};
  draws.out_of_frame = true;
  draws.out_of_frame_margins = {.left = 20, .right = 11, .top = 9, .bottom = 40};
  draws.face_crop_margins = {.left = 41, .right = 25, .top = 30, .bottom = 12};
  draws.query_pixels = grid_pixels(256, 16384, 1, 0);
  return draws;
}

}  // namespace understudy::golden
