#pragma once

#include <span>

#include "data_pipeline/picture.h"

// Warps of 8-bit pictures with the arithmetic of OpenCV's: places are rounded to 1/32 pixel. `result` may be used again
// and must be another picture; scratch memory is kept per thread.
namespace understudy {

/// An axis of an affine warp without rotation: the pixel at place p of the source goes to scale * p + shift.
struct AxisWarp {
  double scale = 1.0;
  double shift = 0.0;
};

/// The warp of an axis that scales about its middle (length - 1) / 2.
AxisWarp scale_about_middle(double scale, int length);

/// Bilinear; the border is mirrored about the outermost pixel centres. @pre at least two pixels wide and high
void warp_bilinear(const Picture& picture, const AxisWarp& x, const AxisWarp& y, Picture& result);

/// Moves a plane by cubic convolution (a = -0.75), with zeros around it, and clips it to [0, 1].
/// @param plane  [height, width] with width = plane.size() / height. @param result  the same size, another plane
void shift_cubic(std::span<const float> plane, int height, double shift_x, double shift_y, std::span<float> result);

/// Takes each pixel (x, y) from (x - right, y - down), by cubic convolution (a = -0.75) with black around the picture.
/// @param right,down  [height, width] pixels
void displace_cubic(const Picture& picture, std::span<const float> right, std::span<const float> down, Picture& result);

}  // namespace understudy
