#include "losses/dice_loss.h"

#include <cmath>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

at::Tensor half_mask() {
  at::Tensor mask = at::zeros({2, 1, 4, 4}, at::kDouble);
  mask.slice(3, 0, 2).fill_(1);
  return mask;
}

TEST(DiceLoss, OfAPerfectMatchWithThreeChannelsIsNegative) {
  EXPECT_NEAR(dice_loss(half_mask(), half_mask().expand({2, 3, 4, 4})).item<double>(), -0.405465, 1e-6);
  EXPECT_NEAR(dice_loss(half_mask(), half_mask()).item<double>(), 0.0, 1e-15);
}

TEST(DiceLoss, SumsOverTheWholeBatchBeforeItDivides) {
  const at::Tensor predicted = random_tensor({3, 1, 2, 2}, 1, 0.0, 1.0);
  const at::Tensor target = random_tensor({3, 1, 2, 2}, 2, 0.0, 1.0);
  double products = 0, predicted_squares = 0, target_squares = 0;
  for (std::int64_t i = 0; i < 12; ++i) {
    const double p = predicted.data_ptr<double>()[i];
    const double t = target.data_ptr<double>()[i];
    products += p * t;
    predicted_squares += p * p;
    target_squares += t * t;
  }
  const double expected = -std::log(3 * 2 * products / (predicted_squares + 3 * target_squares));
  EXPECT_NEAR(dice_loss(predicted, target.expand({3, 3, 2, 2})).item<double>(), expected, 1e-14);
}

TEST(DiceLoss, GradientAgreesWithFiniteDifferences) {
  expect_gradients([](const auto& in) { return dice_loss(in[0], in[1]); },
                   {random_tensor({2, 1, 2, 2}, 3, 0.1, 1.0), random_tensor({2, 3, 2, 2}, 4, 0.1, 1.0)});
}

TEST(DiceLoss, IsNotFiniteForEmptyMasks) {
  const at::Tensor empty = at::zeros({1, 1, 2, 2});
  EXPECT_EQ(dice_loss(at::ones({1, 1, 2, 2}), empty).item<float>(), INFINITY);
  EXPECT_TRUE(std::isnan(dice_loss(empty, empty).item<float>()));
}

TEST(DiceLoss, RefusesMasksThatDoNotFit) {
  EXPECT_THROW(dice_loss(at::zeros({1, 3, 4, 4}), at::zeros({1, 3, 4, 4})), ShapeError);
  EXPECT_THROW(dice_loss(at::zeros({1, 1, 4, 4}), at::zeros({1, 3, 4, 1})), ShapeError);
  EXPECT_THROW(dice_loss(at::zeros({1, 1, 4, 4}), at::zeros({2, 3, 4, 4})), ShapeError);
}

}  // namespace
}  // namespace understudy
