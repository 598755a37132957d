#pragma once

#include <ATen/core/Tensor.h>

namespace understudy {

/// Dice loss of foreground masks (latent pose descriptors): -log(num / den) with num = sum 2 p t and
/// den = sum p^2 + sum t^2, sums over the whole batch, so that its samples are coupled.
///
/// As in the official code a mask of one channel meets a target of three equal ones: the products count three times,
/// p^2 once and t^2 three times. A perfect binary match then gives num / den = 3/2 and a loss of -log 1.5; the loss is
/// negative for good masks. With one channel on both sides it is the usual Dice loss, >= 0.
///
/// Empty masks are not caught: an empty target gives +infinity, two empty masks give 0/0, which is not a number.
/// @param predicted  [B, 1, h, w], in [0, 1]
/// @param target     [B, C, h, w], in [0, 1]; C is 3 in the official code
/// @return  scalar; the caller applies the weight
/// @throws ShapeError
at::Tensor dice_loss(const at::Tensor& predicted, const at::Tensor& target);

}  // namespace understudy
