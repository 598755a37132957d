#pragma once

#include <span>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Perceptual loss (Johnson et al. 2016; FSRT section 3.3, L_P): sum over taps i of
/// weights[i] * mean |VGG_i(predicted) - VGG_i(target)|, the mean over batch, channels and space.
/// @param predicted  the network's taps on the predicted picture, [B, C_i, H_i, W_i] each
/// @param target     its taps on the target picture, same shapes; treated as constants
/// @return  scalar >= 0
/// @throws ShapeError
at::Tensor perceptual_loss(std::span<const at::Tensor> predicted,
                           std::span<const at::Tensor> target,
                           std::span<const double> weights);

/// The same with one weight for all taps: weight * sum over taps of mean |VGG_i(predicted) - VGG_i(target)|, a sum, not
/// a mean over taps. Latent pose descriptors compare all 13 taps of CaffeVgg19 (weight 0.03) and of VggFace (0.006) so.
/// @throws ShapeError
at::Tensor perceptual_loss(std::span<const at::Tensor> predicted, std::span<const at::Tensor> target, double weight);

}  // namespace understudy
