#pragma once

#include <algorithm>
#include <array>

namespace understudy {

/// The 68 face landmarks of one frame as its source stored them: x0, y0, x1, y1, ... in pixels of a square picture of
/// `landmark_reference_size` pixels (256 for face-alignment files of VoxCeleb), whatever the size of the frame.
struct Landmarks68 {
  std::array<float, 136> xy{};

  /// False for the all-zero row by which landmark files mark a frame without a detected face.
  bool valid() const {
    return std::any_of(xy.begin(), xy.end(), [](float value) { return value != 0.0F; });
  }
};

}  // namespace understudy
