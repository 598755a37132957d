#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Stacks expression vectors in the order of FSRT Eq. 13: each sample's sources, then its driving frame.
/// @param sources  [B, S, E]
/// @param driving  [B, E]
/// @return  [B * (S + 1), E]
/// @throws ShapeError
at::Tensor stack_expressions(const at::Tensor& sources, const at::Tensor& driving);

/// Rows of a statistics group of which one micro-batch owns a run: the others are constants.
/// Over the micro-batches of a group the gradients of a loss on the result add up to the gradient on the whole group.
/// @param group      [n, E], values of all rows, without gradient
/// @param own        [m, E], the micro-batch's rows, with gradient
/// @param first_row  where they start, first_row + m <= n
/// @return  [n, E]
/// @throws ShapeError
at::Tensor with_own_rows(const at::Tensor& group, const at::Tensor& own, std::int64_t first_row);

/// Variance part of the statistical regularisation (FSRT Eq. 15): mean over rows of relu(1 - sqrt(var + 1e-4)), var the
/// unbiased variance over a row's features. It keeps features of one vector apart; it is not a variance over the batch.
/// @param expressions  [n, E]
/// @return  scalar in [0, 1)
/// @throws ShapeError  when n < 1 or E < 2
at::Tensor variance_loss(const at::Tensor& expressions);

/// Covariance part of the statistical regularisation (FSRT Eq. 14): sum of all squared entries of the unbiased sample
/// covariance over the rows, diagonal included, over E.
/// @param expressions  [n, E]; n = (S + 1) * samples of the statistics group, whose size therefore changes the loss
/// @return  scalar >= 0
/// @throws ShapeError  when n < 2: a covariance needs two rows
at::Tensor covariance_loss(const at::Tensor& expressions);

/// Invariance to colour and crop (FSRT Eqs. 11, 12 and the first term of 16, without lambda_aug):
/// 0.5 * (mean((source1 - source2)^2) + mean((driving1 - driving2)^2)), means over all elements, gradient through both
/// sides.
/// @param source1, source2    expression vectors of two colour versions of the source frames, one shape [..., E]
/// @param driving1, driving2  of the plain driving frame and of its face crop, one shape [..., E]
/// @return  scalar >= 0
/// @throws ShapeError
at::Tensor invariance_loss(const at::Tensor& source1,
                           const at::Tensor& source2,
                           const at::Tensor& driving1,
                           const at::Tensor& driving2);

}  // namespace understudy
