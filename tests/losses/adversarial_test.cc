#include "losses/adversarial.h"

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

TEST(GeneratorAdversarialLoss, IsTheMeanSquaredDistanceToOne) {
  const at::Tensor map = random_tensor({2, 1, 3, 3}, 1, -2.0, 2.0);
  double sum = 0;
  for (std::int64_t i = 0; i < 18; ++i) sum += (1 - map.data_ptr<double>()[i]) * (1 - map.data_ptr<double>()[i]);
  EXPECT_NEAR(generator_adversarial_loss(map).item<double>(), sum / 18, 1e-14);
  EXPECT_EQ(generator_adversarial_loss(at::ones({1, 1, 2, 2})).item<float>(), 0.0F);
}

TEST(DiscriminatorAdversarialLoss, WantsOneForRealAndZeroForPredicted) {
  const at::Tensor real = random_tensor({2, 1, 3, 3}, 2, -2.0, 2.0);
  const at::Tensor predicted = random_tensor({2, 1, 3, 3}, 3, -2.0, 2.0);
  double sum = 0;
  for (std::int64_t i = 0; i < 18; ++i) {
    const double r = real.data_ptr<double>()[i];
    const double p = predicted.data_ptr<double>()[i];
    sum += (1 - r) * (1 - r) + p * p;
  }
  EXPECT_NEAR(discriminator_adversarial_loss(real, predicted).item<double>(), sum / 18, 1e-14);
  EXPECT_EQ(discriminator_adversarial_loss(at::ones({2}), at::zeros({2})).item<float>(), 0.0F);
  EXPECT_EQ(discriminator_adversarial_loss(at::zeros({2}), at::ones({2})).item<float>(), 2.0F);
}

TEST(AdversarialLosses, GradientsAgreeWithFiniteDifferences) {
  expect_gradients([](const auto& in) { return generator_adversarial_loss(in[0]); }, {random_tensor({1, 1, 3, 3}, 4)});
  expect_gradients([](const auto& in) { return discriminator_adversarial_loss(in[0], in[1]); },
                   {random_tensor({1, 1, 3, 3}, 5), random_tensor({1, 1, 3, 3}, 6)});
}

TEST(DiscriminatorAdversarialLoss, RefusesMapsOfDifferentShape) {
  EXPECT_THROW(discriminator_adversarial_loss(at::zeros({1, 1, 26, 26}), at::zeros({1, 1, 1, 26})), ShapeError);
}

TEST(FeatureMatchingLoss, SumsOverBlocksAndReachesBothSides) {
  const std::vector<at::Tensor> real{random_tensor({2, 2, 3, 3}, 7).requires_grad_(true)};
  const std::vector<at::Tensor> predicted{random_tensor({2, 2, 3, 3}, 8).requires_grad_(true)};
  const std::vector<double> weights{0.01};
  const at::Tensor loss = feature_matching_loss(real, predicted, weights);
  EXPECT_NEAR(loss.item<double>(), 0.01 * (real[0] - predicted[0]).abs().sum().item<double>() / 36, 1e-15);
  loss.backward();
  EXPECT_TRUE(at::equal(real[0].grad(), -predicted[0].grad()));
  EXPECT_TRUE(at::allclose(real[0].grad(), (real[0] - predicted[0]).sign().detach() * (0.01 / 36), 0, 1e-17));
}

TEST(MeanFeatureMatchingLoss, AveragesOverMapsAndMovesThePredictionAlone) {
  const std::vector<at::Tensor> real{torch::tensor({1.0, 2.0}, at::kDouble).requires_grad_(true),
                                     torch::tensor({0.0}, at::kDouble).requires_grad_(true)};
  const std::vector<at::Tensor> predicted{torch::tensor({0.5, 4.0}, at::kDouble).requires_grad_(true),
                                          torch::tensor({-3.0}, at::kDouble).requires_grad_(true)};
  const at::Tensor loss = mean_feature_matching_loss(real, predicted, 10.0);
  EXPECT_NEAR(loss.item<double>(), 10.0 / 2 * (1.25 + 3.0), 1e-14);
  loss.backward();
  EXPECT_FALSE(real[0].grad().defined());
  EXPECT_TRUE(at::allclose(predicted[0].grad(), torch::tensor({-2.5, 2.5}, at::kDouble)));
  EXPECT_TRUE(at::allclose(predicted[1].grad(), torch::tensor({-5.0}, at::kDouble)));
}

TEST(MeanFeatureMatchingLoss, RefusesNoMaps) {
  EXPECT_THROW(mean_feature_matching_loss({}, {}, 10.0), ShapeError);
}

}  // namespace
}  // namespace understudy
