#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Bilinear resizing of pictures [n, c, h, w] to [n, c, height, width], corners aligned. torch's own gradient adds in
/// any order on a GPU, so that pictures there are resized by matrix products.
at::Tensor resize_bilinear_aligned(const at::Tensor& pictures, std::int64_t height, std::int64_t width);

/// The same as one product a side with a matrix of interpolation weights, whose gradient adds in one order everywhere.
at::Tensor resize_by_products(const at::Tensor& pictures, std::int64_t height, std::int64_t width);

/// The middle of pictures, enlarged bilinearly to their own size: pixel centres of the result, outer edges of the
/// picture at -1 and 1, take the values at `share` times their place. By matrix products on every device, as above.
/// @param pictures  [n, c, h, w]
/// @param share     in (0, 1], of the height and of the width
at::Tensor magnify_centre(const at::Tensor& pictures, double share);

}  // namespace understudy
