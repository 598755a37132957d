#include "losses/perceptual.h"

#include <vector>

#include "losses/feature_distance.h"

namespace understudy {

at::Tensor perceptual_loss(std::span<const at::Tensor> predicted,
                           std::span<const at::Tensor> target,
                           std::span<const double> weights) {
  return feature_distance(predicted, detached(target), weights, "perceptual loss");
}

at::Tensor perceptual_loss(std::span<const at::Tensor> predicted, std::span<const at::Tensor> target, double weight) {
  return perceptual_loss(predicted, target, std::vector<double>(predicted.size(), weight));
}

}  // namespace understudy
