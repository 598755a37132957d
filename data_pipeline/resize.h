#pragma once

#include <vector>

#include "data_pipeline/picture.h"

namespace understudy {

/// An RGB picture in [0, 1], channel by channel: the layout of a [3, height, width] tensor.
struct PicturePlanes {
  int width = 0;
  int height = 0;
  std::vector<float> values;  ///< 3 x height x width
};

/// Resizes as `skimage.transform.resize` with its defaults does on 8-bit pictures, which is what FSRT's demo feeds its
/// networks: linear interpolation at pixel centres and, along an axis that shrinks, a Gaussian filter before it with
/// sigma = (in / out - 1) / 2, cut at 4 sigma; borders are mirrored about the outermost pixel centres. Computed in
/// double. A picture that has the size already is only divided by 255.
/// @throws DataError  when a size is not positive
PicturePlanes resize_like_skimage(const Picture& picture, int width, int height);

/// The 8-bit picture of planes: clamped to [0, 1], times 255, rounded half to even.
Picture to_picture(const PicturePlanes& planes);

}  // namespace understudy
