#pragma once

#include <cstdint>

#include "data_pipeline/picture.h"
#include "data_pipeline/planar_picture.h"

namespace understudy {

/// How a frame gets another aspect ratio.
enum class FrameFit : std::uint8_t {
  kSqueeze,  ///< both axes are scaled, as the VoxCeleb sets of FOMM and FSRT are made
  kCrop,     ///< the centred part of the new aspect ratio is cut out first
};

/// What is done to frames before they are packed.
struct FramePreparation {
  int width = 0;        ///< of packed frames, pixels; 0 together with height: as decoded
  int height = 0;       ///< pixels
  bool square = false;  ///< instead of width and height: both are the shorter side
  int max_size = 0;     ///< with square or without a size: no side gets longer than this; 0: no limit
  FrameFit fit = FrameFit::kSqueeze;
  int jpeg_quality = 95;     ///< of frames that are not kept as they came
  bool full_chroma = false;  ///< 4:4:4 instead of 4:2:0
  int stride = 1;            ///< every n-th frame is packed, beginning with the first
  int min_frames = 2;        ///< packed ones; clips with fewer are rejected
  int min_size = 16;         ///< of a decoded frame's shorter side; clips below are rejected
};

/// @throws DataError  listing every value that is out of range or contradicts another
void require_valid(const FramePreparation& preparation);

/// How one frame becomes a packed one.
struct FrameGeometry {
  Rectangle part;  ///< of the decoded frame
  int width = 0;   ///< of the packed frame
  int height = 0;

  /// True when the frame is packed as it is, so that a JPEG file of it can be kept byte for byte.
  bool keeps(PictureSize decoded) const {
    return part == Rectangle{0, 0, decoded.width, decoded.height} && decoded == PictureSize{width, height};
  }
};

FrameGeometry frame_geometry(PictureSize decoded, const FramePreparation& preparation);

/// About how many bytes a frame's JPEG will have; measured on portraits, which vary by a third to either side.
std::uint64_t predicted_jpeg_bytes(int width, int height, const FramePreparation& preparation);

}  // namespace understudy
