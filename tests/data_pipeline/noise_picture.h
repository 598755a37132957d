#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "common/philox.h"
#include "data_pipeline/mask.h"
#include "data_pipeline/picture.h"

namespace understudy {

/// Every channel of every pixel drawn for itself.
inline Picture noise_picture(int width, int height, std::uint64_t number = 0) {
  Draws draws(11, Purpose::kTest, number);
  Picture picture(width, height);
  for (std::uint8_t& value : picture.rgb) value = static_cast<std::uint8_t>(draws.below(256));
  return picture;
}

inline Mask noise_mask(int width, int height, std::uint64_t number = 0) {
  const Picture picture = noise_picture(width, height, number);
  Mask mask{width, height, {}};
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) mask.coverage.push_back(picture.rgb[i]);
  return mask;
}

/// Largest difference of a picture from values in grey levels. @param expected  of (x, y, channel)
template <class Expected>
double largest_difference(const Picture& picture, Expected expected) {
  double largest = 0.0;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        largest = std::max(largest, std::abs(static_cast<double>(picture.pixel(x, y)[c]) - expected(x, y, c)));
      }
    }
  }
  return largest;
}

/// A place beyond the border of a line, mirrored about the outermost pixel centres, found by walking.
inline int walk_mirrored(int i, int length) {
  while (i < 0 || i >= length) i = i < 0 ? -i : 2 * (length - 1) - i;
  return i;
}

/// A grey level of a picture whose border is mirrored.
inline double mirrored_level(const Picture& picture, int x, int y, int c) {
  return picture.pixel(walk_mirrored(x, picture.width), walk_mirrored(y, picture.height))[c];
}

}  // namespace understudy
