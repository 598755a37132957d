#include "losses/dice_loss.h"

#include <ATen/TensorOperators.h>

#include "losses/shape_check.h"

namespace understudy {

at::Tensor dice_loss(const at::Tensor& predicted, const at::Tensor& target) {
  require_shape(predicted.dim() == 4 && predicted.size(1) == 1, predicted, "[B, 1, h, w]", "dice loss");
  require_shape(target.dim() == 4 && target.size(1) >= 1, target, "[B, C, h, w]", "dice loss");
  require_same_shape(predicted.select(1, 0), target.select(1, 0), "dice loss, channels left out");
  const at::Tensor overlap = (predicted * target).sum() * 2;
  const at::Tensor area = predicted.square().sum() + target.square().sum();
  return -(overlap / area).log();
}

}  // namespace understudy
