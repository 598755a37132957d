#pragma once

#include <ATen/core/Tensor.h>

namespace understudy {

// Measures between landmarks that one detector found on two pictures; computed in double, without gradient.

/// Average keypoint distance (Siarohin et al. 2019, AKD) of each picture: mean over landmarks of their distance.
/// @param predicted, target  [n, k, 2], (x, y) in pixels; usually k = 68
/// @return  [n], double, pixels
/// @throws ShapeError
at::Tensor average_keypoint_distance(const at::Tensor& predicted, const at::Tensor& target);

/// Pose error of each frame (latent pose descriptors): mean over landmarks of their distance, in units of
/// the target's distance between the outer eye corners (landmarks 36 and 45 of 68), which counts as at least 0.01
/// pixels.
/// @param predicted  [n, 68, 2], (x, y) in pixels: of the self-reenacted frame
/// @param target     [n, 68, 2]: of the driving frame
/// @return  [n], double, no unit
/// @throws ShapeError
at::Tensor pose_error(const at::Tensor& predicted, const at::Tensor& target);

/// Each frame's landmarks after the scale and shift that bring them nearest to the target's in the least-squares sense,
/// three unknowns a frame. `pose_error` of the result is the official second value: what is left of expression when
/// distance and place in the frame do not count.
/// @param predicted, target  [n, k, 2]
/// @return  [n, k, 2], double; predicted landmarks that all lie at one point end at the target's mean
/// @throws ShapeError
at::Tensor aligned_landmarks(const at::Tensor& predicted, const at::Tensor& target);

}  // namespace understudy
