#include "losses/adversarial.h"

#include <vector>

#include <ATen/TensorOperators.h>

#include "losses/feature_distance.h"
#include "losses/shape_check.h"

namespace understudy {

at::Tensor generator_adversarial_loss(const at::Tensor& predicted_map) {
  return (1 - predicted_map).square().mean();
}

at::Tensor discriminator_adversarial_loss(const at::Tensor& real_map, const at::Tensor& predicted_map) {
  require_same_shape(real_map, predicted_map, "discriminator loss");
  return ((1 - real_map).square() + predicted_map.square()).mean();
}

at::Tensor feature_matching_loss(std::span<const at::Tensor> real_maps,
                                 std::span<const at::Tensor> predicted_maps,
                                 std::span<const double> weights) {
  return feature_distance(real_maps, predicted_maps, weights, "feature matching loss");
}

at::Tensor mean_feature_matching_loss(std::span<const at::Tensor> real_maps,
                                      std::span<const at::Tensor> predicted_maps,
                                      double weight) {
  const std::vector<double> weights(predicted_maps.size(), weight / static_cast<double>(predicted_maps.size()));
  return feature_distance(predicted_maps, detached(real_maps), weights, "feature matching loss");
}

}  // namespace understudy
