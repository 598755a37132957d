#include "losses/hinge_loss.h"

#include <ATen/TensorOperators.h>

#include "losses/shape_check.h"

namespace understudy {

at::Tensor generator_hinge_loss(const at::Tensor& predicted_scores) {
  return -predicted_scores.mean();
}

at::Tensor discriminator_hinge_loss(const at::Tensor& real_scores, const at::Tensor& predicted_scores) {
  require_same_shape(real_scores, predicted_scores, "discriminator hinge loss");
  return (1 - real_scores).relu().mean() + (1 + predicted_scores).relu().mean();
}

}  // namespace understudy
