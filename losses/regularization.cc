#include "losses/regularization.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "losses/shape_check.h"

namespace understudy {
namespace {

/// Keeps the root's slope finite for a vector of equal features.
constexpr double kVarianceEpsilon = 1e-4;

}  // namespace

at::Tensor stack_expressions(const at::Tensor& sources, const at::Tensor& driving) {
  require_shape(sources.dim() == 3, sources, "[B, S, E]", "source expression vectors");
  require_shape(driving.dim() == 2 && driving.size(0) == sources.size(0) && driving.size(1) == sources.size(2),
                driving,
                "[B, E] with the sources' B and E",
                "driving expression vectors");
  return at::cat({sources, driving.unsqueeze(1)}, 1).flatten(0, 1);
}

at::Tensor with_own_rows(const at::Tensor& group, const at::Tensor& own, std::int64_t first_row) {
  require_shape(group.dim() == 2, group, "[n, E]", "rows of a statistics group");
  require_shape(own.dim() == 2 && own.size(1) == group.size(1), own, "[m, E] with the group's E", "own rows");
  const std::int64_t end = first_row + own.size(0);
  require_shape(first_row >= 0 && end <= group.size(0), own, "rows that lie inside the group", "own rows");
  const at::Tensor constants = group.detach();
  return at::cat({constants.slice(0, 0, first_row), own, constants.slice(0, end)}, 0);
}

at::Tensor variance_loss(const at::Tensor& expressions) {
  require_shape(expressions.dim() == 2 && expressions.size(0) >= 1 && expressions.size(1) >= 2,
                expressions,
                "[n, E] with n >= 1 and E >= 2",
                "variance loss");
  const at::Tensor deviation = (expressions.var(1) + kVarianceEpsilon).sqrt();
  return (1 - deviation).relu().mean();
}

at::Tensor covariance_loss(const at::Tensor& expressions) {
  require_shape(expressions.dim() == 2 && expressions.size(0) >= 2 && expressions.size(1) >= 1,
                expressions,
                "[n, E] with n >= 2",
                "covariance loss");
  const at::Tensor centred = expressions - expressions.mean(0, /*keepdim=*/true);
  const auto degrees_of_freedom = static_cast<double>(expressions.size(0) - 1);
  const at::Tensor covariance = centred.t().matmul(centred) / degrees_of_freedom;
  return covariance.square().sum() / static_cast<double>(expressions.size(1));
}

at::Tensor invariance_loss(const at::Tensor& source1,
                           const at::Tensor& source2,
                           const at::Tensor& driving1,
                           const at::Tensor& driving2) {
  require_same_shape(source1, source2, "invariance loss, source frames");
  require_same_shape(driving1, driving2, "invariance loss, driving frames");
  return ((source1 - source2).square().mean() + (driving1 - driving2).square().mean()) * 0.5;
}

}  // namespace understudy
