#include "losses/perceptual.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

TEST(PerceptualLoss, SumsWeightedMeanAbsoluteDifferences) {
  const std::vector<at::Tensor> predicted{torch::tensor({{1.0, 2.0}, {3.0, 4.0}}, at::kDouble),
                                          torch::tensor({-1.0}, at::kDouble)};
  const std::vector<at::Tensor> target{torch::tensor({{1.5, 1.0}, {3.0, 6.0}}, at::kDouble),
                                       torch::tensor({2.0}, at::kDouble)};
  const std::vector<double> weights{0.01, 0.02};
  EXPECT_NEAR(perceptual_loss(predicted, target, weights).item<double>(), 0.01 * 3.5 / 4 + 0.02 * 3.0, 1e-16);
}

TEST(PerceptualLoss, GradientIsTheWeightedSignOverTheCount) {
  const at::Tensor predicted = random_tensor({2, 3, 2, 2}, 1).requires_grad_(true);
  const at::Tensor target = random_tensor({2, 3, 2, 2}, 2);
  const std::vector<double> weights{10.0};
  perceptual_loss({{predicted}}, {{target}}, weights).backward();
  EXPECT_TRUE(at::allclose(predicted.grad(), (predicted - target).sign().detach() * (10.0 / 24), 0, 1e-15));
}

TEST(PerceptualLoss, TreatsTheTargetAsAConstant) {
  const at::Tensor predicted = random_tensor({1, 1, 2, 2}, 3).requires_grad_(true);
  const at::Tensor target = random_tensor({1, 1, 2, 2}, 4).requires_grad_(true);
  const std::vector<double> weights{1.0};
  perceptual_loss({{predicted}}, {{target}}, weights).backward();
  EXPECT_TRUE(predicted.grad().defined());
  EXPECT_FALSE(target.grad().defined());
}

}  // namespace
}  // namespace understudy
