#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Mean squared error of each sample (FSRT Eq. 17; the mean also runs over the three channels).
/// @param predicted  [B, ...], usually [B, P, 3] sampled pixels or a [B, 3, N, N] picture
/// @param target     same shape
/// @return  [B], >= 0; the caller applies the weight
/// @throws ShapeError  when the shapes differ or hold no sample dimension
at::Tensor pixel_mse(const at::Tensor& predicted, const at::Tensor& target);

/// Peak signal-to-noise ratio of pictures in [0, 1].
/// @param mse  mean squared errors, any shape
/// @return  -10 log10(mse) in dB, same shape
at::Tensor psnr(const at::Tensor& mse);

/// Puts rendered pixels back into a picture (FSRT section 3.3, Phase II): gradient flows through the sampled ones
/// alone, while a mean over the result still counts all of them.
/// @param sampled        [B, P, 3], usually with gradient
/// @param sampled_index  [B, P] int64, row-major pixel numbers y * size + x; each sample has its own
/// @param rest           [B, R, 3], usually without gradient, P + R = size * size
/// @param rest_index     [B, R] int64; together the two lists name each pixel once
/// @return  [B, 3, size, size], the channels of a pixel together in memory (torch: channels last)
/// @throws ShapeError
at::Tensor scatter_pixels(const at::Tensor& sampled,
                          const at::Tensor& sampled_index,
                          const at::Tensor& rest,
                          const at::Tensor& rest_index,
                          std::int64_t size);

/// The same pixels of a picture as a list, the inverse view: target colours of the sampled pixels (FSRT Phase I).
/// @param picture  [B, 3, N, N]
/// @param index    [B, P] int64, row-major pixel numbers
/// @return  [B, P, 3]
/// @throws ShapeError
at::Tensor gather_pixels(const at::Tensor& picture, const at::Tensor& index);

}  // namespace understudy
