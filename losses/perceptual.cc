#include "losses/perceptual.h"

#include <vector>

#include "losses/feature_distance.h"

namespace understudy {

at::Tensor perceptual_loss(std::span<const at::Tensor> predicted,
                           std::span<const at::Tensor> target,
                           std::span<const double> weights) {
  std::vector<at::Tensor> constants;
  constants.reserve(target.size());
  for (const at::Tensor& map : target) constants.push_back(map.detach());
  return feature_distance(predicted, constants, weights, "perceptual loss");
}

}  // namespace understudy
