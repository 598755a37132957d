#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/state.h"
#include "models/latent_pose/discriminator.h"
#include "models/latent_pose/generator.h"
#include "tests/models/golden_fill.h"

namespace understudy::golden {

/// Fills generator or discriminator as for the published code's run, every tensor by its official name.
inline void fill_by_name(torch::nn::Module& network) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : state_of(network)) {
    at::Tensor values = named_symmetric(name, tensor.sizes(), name.ends_with("bias") ? 0.1 : 1.0).to(at::kDouble);
    if (name.ends_with("weight_u") || name.ends_with("weight_v")) values /= values.norm();
    tensor.copy_(values);
  }
}

/// [2, 512] and [2, 256]
inline at::Tensor identity() {
  return named_symmetric("input.embeds", {2, 512});
}
inline at::Tensor pose() {
  return named_symmetric("input.pose_embedding", {2, 256});
}

/// [2, 1, 256, 256], and [2, 3, 256, 256] multiplied by it
inline at::Tensor real_mask() {
  return named_uniform("input.real_segm", {2, 1, 256, 256});
}
inline at::Tensor real_pictures() {
  return named_uniform("input.target_rgbs", {2, 3, 256, 256}) * real_mask();
}

inline LatentPoseDiscriminatorConfig discriminator_of_100_labels() {
  LatentPoseDiscriminatorConfig config;
  config.labels = 100;
  return config;
}

/// |value - expected| <= tolerance x |expected|
inline void expect_relative(const at::Tensor& value, double expected, double tolerance = 2e-5) {
  EXPECT_NEAR(value.item<double>(), expected, tolerance * std::abs(expected));
}

/// The norm of the gradient of a parameter.
inline void expect_gradient_norm(const torch::nn::Module& network, const std::string& name, double expected) {
  SCOPED_TRACE(name);
  const at::Tensor gradient = network.named_parameters()[name].grad();
  ASSERT_TRUE(gradient.defined());
  expect_relative(gradient.to(at::kDouble).norm(), expected);
}

}  // namespace understudy::golden
