#include "models/blocks/initialization.h"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/hourglass.h"
#include "models/blocks/spectral_norm.h"
#include "models/blocks/state.h"

namespace understudy {
namespace {

TEST(Initialize, FillsWeightsAndBiasesUniformlyInTheBoundOfTheFanIn) {
  Linear linear(400, 300);
  initialize(linear, 11, "linear");
  const double bound = 1.0 / std::sqrt(400.0);
  for (const at::Tensor& values : {linear.weight(), linear.bias()}) {
    EXPECT_LE(values.abs().max().item<double>(), bound);
    EXPECT_GT(values.abs().max().item<double>(), 0.98 * bound);
  }
  EXPECT_NEAR(linear.weight().mean().item<double>(), 0.0, 4 * bound / std::sqrt(3.0 * 120000));
  EXPECT_NEAR(linear.weight().var().item<double>(), bound * bound / 3, 0.01 * bound * bound);
}

TEST(Initialize, SetsNormsToTheIdentity) {
  ConvNormBlock block(3, 8);
  initialize(block, 11, "block");
  const auto parameters = block.named_parameters();
  EXPECT_TRUE(at::equal(parameters["norm.weight"], at::ones({8})));
  EXPECT_TRUE(at::equal(parameters["norm.bias"], at::zeros({8})));
  EXPECT_GT(parameters["conv.bias"].abs().min().item<float>(), 0.0F);
}

TEST(Initialize, DrawsFromANormalDistributionWhereAskedTo) {
  Conv2d conv({.inputs = 64, .outputs = 128, .kernel = 3, .groups = 4});
  initialize(conv, 11, "conv", {.kaiming_convolutions = true});
  const double deviation = std::sqrt(2.0 / (9 * 128));
  EXPECT_NEAR(conv.weight().std().item<double>(), deviation, 0.02 * deviation);
  EXPECT_NEAR(conv.weight().mean().item<double>(), 0.0, 4 * deviation / std::sqrt(9.0 * 128 * 16));
  EXPECT_GT(conv.weight().abs().max().item<double>(), 3 * deviation);
  EXPECT_EQ(conv.bias().abs().max().item<double>(), 0.0);
  Linear linear(400, 300);
  initialize(linear, 11, "linear", {.linear_deviation = 0.01});
  EXPECT_NEAR(linear.weight().std().item<double>(), 0.01, 1e-4);
  EXPECT_EQ(linear.bias().abs().max().item<double>(), 0.0);
}

TEST(Initialize, DependsOnSeedNameAndTensorOnly) {
  const auto weights = [](std::uint64_t seed, const char* name, at::ScalarType precision) {
    Mlp mlp({5, 5, 5});
    convert_precision(mlp, precision);
    initialize(mlp, seed, name);
    return std::pair{mlp.layers()[0]->weight(), mlp.layers()[1]->weight()};
  };
  const auto [first, second] = weights(1, "a", at::kFloat);
  EXPECT_FALSE(at::equal(first, second));
  EXPECT_TRUE(at::equal(first, weights(1, "a", at::kFloat).first));
  EXPECT_TRUE(at::equal(first.to(at::kDouble), weights(1, "a", at::kDouble).first));
  EXPECT_FALSE(at::equal(first, weights(2, "a", at::kFloat).first));
  EXPECT_FALSE(at::equal(first, weights(1, "b", at::kFloat).first));
}

TEST(Initialize, GivesPowerIterationsVectorsOfLengthOne) {
  DiscriminatorConv conv({.inputs = 3, .outputs = 6, .kernel = 4}, /*spectral_norm=*/true);
  initialize(conv, 5, "conv");
  const auto buffers = conv.named_buffers();
  EXPECT_NEAR(buffers["weight_u"].norm().item<double>(), 1.0, 1e-6);
  EXPECT_NEAR(buffers["weight_v"].norm().item<double>(), 1.0, 1e-6);
  EXPECT_LT(buffers["weight_u"].min().item<double>(), 0.0);
}

}  // namespace
}  // namespace understudy
