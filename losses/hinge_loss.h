#pragma once

#include <ATen/core/Tensor.h>

namespace understudy {

/// Hinge loss of the generator (Lim & Ye 2017; latent pose descriptors): -mean D(predicted).
/// @param predicted_scores  the discriminator's scores of predicted pictures, any shape, without a final sigmoid
/// @return  scalar of either sign; the caller applies the weight
at::Tensor generator_hinge_loss(const at::Tensor& predicted_scores);

/// Hinge loss of the discriminator: mean relu(1 - D(real)) + mean relu(1 + D(predicted)).
/// @param real_scores, predicted_scores  one shape; the prediction was detached before it went into the discriminator
/// @return  scalar >= 0; the caller applies the weight
/// @throws ShapeError
at::Tensor discriminator_hinge_loss(const at::Tensor& real_scores, const at::Tensor& predicted_scores);

}  // namespace understudy
