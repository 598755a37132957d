#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "data_pipeline/landmarks.h"
#include "data_pipeline/planar_picture.h"

namespace understudy {

/// Bounding box of landmarks in pixels of a 256 x 256 picture, whatever the size of the frame.
struct LandmarkBox {
  double left = 0.0;
  double top = 0.0;
  double right = 0.0;
  double bottom = 0.0;
};

/// @param reference_size  side of the picture that the landmark values are pixels of
/// @param flip            mirror them first: x becomes 255 - x
LandmarkBox landmark_box(std::span<const Landmarks68> landmarks, float reference_size, bool flip);

/// What is cut off each side, in pixels of a 256 x 256 picture; also used for the exclusive bounds of such draws.
struct CropMargins {
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  std::uint32_t top = 0;
  std::uint32_t bottom = 0;
  bool operator==(const CropMargins&) const = default;
};

/// Exclusive bounds (at least 1) of the out-of-frame crop's four draws, from the box of all source landmarks: the face
/// with a margin stays inside (FSRT supplement; srt/data/vox.py).
CropMargins out_of_frame_bounds(const LandmarkBox& box);

/// Exclusive bounds (at least 1) of the face-aware crop's four draws, from the box of the driving landmarks.
CropMargins face_crop_bounds(const LandmarkBox& box);

/// The part of the frame that is kept, and what it does to normalised coordinates: k' = (k + shift) * scale.
struct CropTransform {
  Rectangle region;
  std::array<float, 2> scale{1.0F, 1.0F};  ///< x, y
  std::array<float, 2> shift{0.0F, 0.0F};
  bool valid =
      false;  ///< nothing is empty, and the full frame's corners stay inside (-2, 2), where encodings are unique
};

CropTransform out_of_frame_crop(const CropMargins& margins, int width, int height);

/// Region of the face-aware crop; the whole frame where the margins leave nothing.
Rectangle face_crop(const CropMargins& margins, int width, int height);

}  // namespace understudy
