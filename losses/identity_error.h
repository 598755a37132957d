#pragma once

#include <ATen/core/Tensor.h>

namespace understudy {

/// Identity error of cross-person reenactment (latent pose descriptors):
/// 1 - sum over pairs k != i and frames j of <r_k, f_kij> / (N (N - 1) J), where r_k is the mean of person k's
/// reference descriptors and f_kij describes person k driven by frame j of person i. As in the official code r_k is not
/// normalised again, so that this is not exactly one minus a mean cosine. In double, without gradient.
/// @param references  [N, M, d], N >= 2 persons, M pictures each; descriptors of unit length
/// @param reenacted   [N, N, J, d], person by driver; unit length; entries of persons driving themselves do not count
/// @return  scalar, double, in [0, 2]
/// @throws ShapeError
at::Tensor identity_error(const at::Tensor& references, const at::Tensor& reenacted);

/// The part of one person k, who may be driven by some of the others alone: 1 - the mean of <r_k, f_kij> over all their
/// frames. The mean of it over persons is `identity_error` where everybody is driven by all others, J frames each.
/// @param references  [M, d], M >= 1 pictures of the person; descriptors of unit length
/// @param reenacted   [J, d], J >= 1 frames of all drivers; unit length
/// @return  scalar, double, in [0, 2]
/// @throws ShapeError
at::Tensor person_identity_error(const at::Tensor& references, const at::Tensor& reenacted);

}  // namespace understudy
