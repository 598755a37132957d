#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace understudy {

class Draws;

/// A random affine map T(p) = A p + t of the image plane (Siarohin et al. 2019, equivariance constraint): the identity
/// plus independent normal numbers in all six entries.
/// @param draws      a stream of its own for each sample
/// @param deviation  standard deviation, in half image widths for t; the published value is 0.05
/// @return  [2, 3], double: A | t
at::Tensor random_affine(Draws& draws, double deviation);

/// @param affine  [B, 2, 3]
/// @param points  [B, K, 2], (x, y), image spans (-1, 1)
/// @return  T(points), [B, K, 2], in the type of the points
/// @throws ShapeError
at::Tensor apply_affine(const at::Tensor& affine, const at::Tensor& points);

/// Pictures seen through the map: out(p) = pictures(T(p)), bilinear, reflected at the borders. What lies at T(p) in the
/// picture appears at p in the result. Image corners are the outer edges of the corner pixels, so that pixel centres
/// agree with those of FSRT's pixel grid.
/// @param pictures  [B, C, H, W]
/// @param affine    [B, 2, 3]
/// @return  [B, C, H, W]
/// @throws ShapeError
at::Tensor warp_pictures(const at::Tensor& pictures, const at::Tensor& affine);

/// Equivariance loss of a keypoint detector k (Siarohin et al. 2019, Eq. 8 without Jacobians): mean |k(x) - T(k(x o
/// T))|.
/// @param keypoints         [B, K, 2], found on the pictures
/// @param warped_keypoints  [B, K, 2], found on `warp_pictures` of them
/// @param affine            [B, 2, 3]
/// @return  scalar >= 0, in half image widths; gradient through both sides
/// @throws ShapeError
at::Tensor equivariance_loss(const at::Tensor& keypoints, const at::Tensor& warped_keypoints, const at::Tensor& affine);

/// Regression of keypoints to points derived from landmarks: mean over all coordinates of the Huber-like smooth L1 loss
/// 0.5 d^2 / beta for |d| < beta, |d| - 0.5 beta beyond (Girshick 2015, with its knee at beta).
/// @param keypoints, targets  [B, K, 2], (x, y), image spans (-1, 1)
/// @param beta                >= 0, in half image widths; 0 gives mean |d|
/// @return  scalar >= 0
/// @throws ShapeError
at::Tensor keypoint_regression_loss(const at::Tensor& keypoints, const at::Tensor& targets, double beta);

}  // namespace understudy
