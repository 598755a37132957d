#pragma once

#include <span>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Least-squares adversarial loss of the generator (Mao et al. 2017; FSRT Eq. 18, L_A): mean((1 - D(predicted))^2).
/// @param predicted_map  the discriminator's map on the prediction, any shape, without a final sigmoid
/// @return  scalar >= 0; the caller applies the weight
at::Tensor generator_adversarial_loss(const at::Tensor& predicted_map);

/// Least-squares loss of the discriminator: mean((1 - D(real))^2 + D(predicted)^2).
/// @param real_map, predicted_map  one shape; the prediction was detached before it went into the discriminator
/// @return  scalar >= 0; the caller applies the weight
/// @throws ShapeError
at::Tensor discriminator_adversarial_loss(const at::Tensor& real_map, const at::Tensor& predicted_map);

/// Feature matching loss (Wang et al. 2018; FSRT Eq. 18, L_A^F): sum over blocks i of
/// weights[i] * mean |F_i(real) - F_i(predicted)|. Maps of the real picture are no constants here: whatever they depend
/// on receives its gradient too, as in the official code.
/// @param real_maps, predicted_maps  the discriminator's feature maps, [B, C_i, H_i, W_i] each
/// @return  scalar >= 0
/// @throws ShapeError
at::Tensor feature_matching_loss(std::span<const at::Tensor> real_maps,
                                 std::span<const at::Tensor> predicted_maps,
                                 std::span<const double> weights);

/// Feature matching loss of latent pose descriptors: weight / L * sum over L maps of mean |F_l(predicted) - F_l(real)|.
/// Maps of the real picture are constants: the loss moves the generator alone.
/// @param real_maps, predicted_maps  the discriminator's feature maps, [B, C_l, H_l, W_l] each
/// @param weight                     officially 10
/// @return  scalar >= 0
/// @throws ShapeError
at::Tensor mean_feature_matching_loss(std::span<const at::Tensor> real_maps,
                                      std::span<const at::Tensor> predicted_maps,
                                      double weight);

}  // namespace understudy
