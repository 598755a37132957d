#pragma once

#include <ATen/core/Tensor.h>

namespace understudy {

// Measures between pictures in [0, 1], which the caller clamps; computed in double, without gradient. The peak
// signal-to-noise ratio is psnr(pixel_mse(predicted, target)), see pixel.h.

/// Mean absolute difference of each picture.
/// @param predicted, target  [n, c, h, w], one shape
/// @return  [n], double, >= 0
/// @throws ShapeError
at::Tensor picture_l1(const at::Tensor& predicted, const at::Tensor& target);

/// Structural similarity of each picture (Wang et al. 2004): an 11x11 Gaussian window of deviation 1.5, constants K1 =
/// 0.01 and K2 = 0.03, data range 1, variances with weights that sum to 1; the mean over the places where the window
/// lies inside the picture, then over channels. It is scikit-image's
///   structural_similarity(target, predicted, data_range=1, channel_axis=0, gaussian_weights=True, sigma=1.5,
///                         use_sample_covariance=False)
/// of float64 pictures: that function pads for its filter, then leaves a border of 5 pixels out of its mean.
/// @param predicted, target  [n, c, h, w], one shape, h and w at least 11
/// @return  [n], double, in [-1, 1]; 1 for equal pictures
/// @throws ShapeError
at::Tensor structural_similarity(const at::Tensor& predicted, const at::Tensor& target);

}  // namespace understudy
