#include "models/blocks/adain.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/golden_fill.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

TEST(SplitAdain, GivesOfEachLayerFirstItsShiftsThenItsScales) {
  const at::Tensor vectors = at::arange(20).view({2, 10});
  const std::vector<AdainAffine> affines = split_adain(vectors, {2, 3});
  ASSERT_EQ(affines.size(), 2U);
  EXPECT_TRUE(at::equal(affines[0].bias, at::tensor({0, 1, 10, 11}).view({2, 2})));
  EXPECT_TRUE(at::equal(affines[0].weight, at::tensor({2, 3, 12, 13}).view({2, 2})));
  EXPECT_TRUE(at::equal(affines[1].bias[1], at::tensor({14, 15, 16})));
  EXPECT_TRUE(at::equal(affines[1].weight[1], at::tensor({17, 18, 19})));
}

TEST(AdaptiveInstanceNorm, IsTheFormulaForEverySampleAndChannel) {
  const at::Tensor input = golden::named_symmetric("input", {2, 3, 4, 5}, 0.02).to(at::kDouble);
  const at::Tensor bias = golden::named_symmetric("bias", {2, 3}).to(at::kDouble);
  const at::Tensor weight = golden::named_symmetric("weight", {2, 3}).to(at::kDouble);
  const at::Tensor output = adaptive_instance_norm(input, {.bias = bias, .weight = weight});
  for (std::int64_t n = 0; n < 2; ++n) {
    for (std::int64_t c = 0; c < 3; ++c) {
      const at::Tensor centred = input[n][c] - input[n][c].mean();
      const at::Tensor unit =
          centred / (centred.square().mean() + 1e-4).sqrt();  // biased; small, so that epsilon counts
      EXPECT_LT(golden::relative_difference(output[n][c], unit * weight[n][c] + bias[n][c]), 1e-12);
    }
  }
}

TEST(AdaptiveInstanceNorm, HasTheGradientOfTheFormula) {
  at::Tensor input = golden::named_symmetric("input", {2, 2, 3, 3}).to(at::kDouble).requires_grad_();
  at::Tensor vectors = golden::named_symmetric("vectors", {2, 4}).to(at::kDouble).requires_grad_();
  const at::Tensor direction = golden::named_symmetric("direction", {2, 2, 3, 3}).to(at::kDouble);
  // In place on the result, as the networks do it.
  (adaptive_instance_norm(input, split_adain(vectors, {2})[0]).relu_() * direction).sum().backward();
  const auto formula = [&] {
    const at::Tensor centred = input - input.mean({2, 3}, true);
    const at::Tensor unit = centred / (centred.square().mean({2, 3}, true) + 1e-4).sqrt();
    const at::Tensor bias = vectors.narrow(1, 0, 2).unsqueeze(-1).unsqueeze(-1);
    const at::Tensor weight = vectors.narrow(1, 2, 2).unsqueeze(-1).unsqueeze(-1);
    return (at::relu(unit * weight + bias) * direction).sum();
  };
  const auto expected = torch::autograd::grad({formula()}, {input, vectors});
  EXPECT_LT(golden::relative_difference(input.grad(), expected[0]), 1e-10);
  EXPECT_LT(golden::relative_difference(vectors.grad(), expected[1]), 1e-10);
}

}  // namespace
}  // namespace understudy
