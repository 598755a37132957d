#pragma once

#include <optional>

#include "data_pipeline/mask.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/planar_picture.h"

namespace understudy {

/// Box of a face in pixels of the stored frame, 0 at the left edge of the first pixel; it may reach beyond the frame.
struct FaceBox {
  float left = 0.0F;
  float top = 0.0F;
  float right = 0.0F;
  float bottom = 0.0F;
};

/// How the frames of latent pose descriptors are cut (dataloaders/voxceleb2_segmentation_nolandmarks.py).
struct LatentPoseCrop {
  /// The published border: a pixel is trimmed from each side of the frame, the square is one pixel larger than it need
  /// be, and what it covers beyond the frame is mirrored, blurred and faded. So a frame of the networks' size is
  /// resampled from size + 1, with a border. Otherwise the square is moved and shrunk into the frame and resized.
  bool official_border = true;
  std::optional<FaceBox> box;  ///< its square is 1.8 times its longer side; without one, the frame is cut already
  int size = 256;              ///< side of the result
};

/// The square that the published loader cuts, before a pixel is trimmed from the frame: the whole frame's is a square
/// of its height, plus one.
Rectangle official_square(PictureSize frame, const std::optional<FaceBox>& box);

/// Cuts a frame; shrinking by area, enlarging by cubic convolution. Safe on any thread; scratch memory is kept per
/// thread. @throws DataError  when less than two pixels of the frame are in the square
void crop_frame(const Picture& frame, const LatentPoseCrop& crop, Picture& result);

/// Cuts a frame's mask alike. The border is repeated to the left, right and below, empty above, and fades out at the
/// sides; resized bilinearly. @throws DataError
void crop_mask(const Mask& mask, const LatentPoseCrop& crop, Mask& result);

}  // namespace understudy
