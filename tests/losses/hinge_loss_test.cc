#include "losses/hinge_loss.h"

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

TEST(GeneratorHingeLoss, IsTheNegativeMeanScore) {
  EXPECT_NEAR(generator_hinge_loss(torch::tensor({-0.5, 2.0, 3.0}, at::kDouble)).item<double>(), -1.5, 1e-15);
}

TEST(GeneratorHingeLoss, IsThePublishedOneOfThePublishedScores) {
  const at::Tensor scores = torch::tensor({-0.288567, 1.691617}, at::kDouble);
  EXPECT_NEAR(generator_hinge_loss(scores).item<double>(), -0.7015251, 1e-6);
}

TEST(DiscriminatorHingeLoss, CountsScoresOnTheWrongSideOfTheMargin) {
  const at::Tensor real = torch::tensor({2.0, 0.5, -1.0}, at::kDouble);
  const at::Tensor predicted = torch::tensor({-3.0, -0.25, 1.0}, at::kDouble);
  EXPECT_NEAR(discriminator_hinge_loss(real, predicted).item<double>(), 2.5 / 3 + 2.75 / 3, 1e-15);
}

TEST(DiscriminatorHingeLoss, IsThePublishedOneOfThePublishedScores) {
  const at::Tensor real = torch::tensor({-0.328104, 1.340884}, at::kDouble);
  const at::Tensor predicted = torch::tensor({-0.313083, 1.424608}, at::kDouble);
  EXPECT_NEAR(discriminator_hinge_loss(real, predicted).item<double>(), 2.2198145, 1e-6);
}

TEST(HingeLosses, GradientsAgreeWithFiniteDifferences) {
  expect_gradients([](const auto& in) { return generator_hinge_loss(in[0]); }, {random_tensor({4}, 1)});
  expect_gradients([](const auto& in) { return discriminator_hinge_loss(in[0], in[1]); },
                   {random_tensor({4}, 2, -2.0, 2.0), random_tensor({4}, 3, -2.0, 2.0)});
}

TEST(DiscriminatorHingeLoss, RefusesScoresOfDifferentShape) {
  EXPECT_THROW(discriminator_hinge_loss(at::zeros({2}), at::zeros({2, 1})), ShapeError);
}

}  // namespace
}  // namespace understudy
