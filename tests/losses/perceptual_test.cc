#include "losses/perceptual.h"

#include <cmath>

#include <gtest/gtest.h>

#include "models/blocks/caffe_vgg19.h"
#include "models/blocks/vgg_face.h"
#include "tests/losses/gradient_check.h"
#include "tests/models/golden_fill.h"

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

TEST(PerceptualLoss, OneWeightCountsForEveryTap) {
  const std::vector<at::Tensor> predicted{random_tensor({1, 2, 2, 2}, 5), random_tensor({1, 3, 1, 1}, 6)};
  const std::vector<at::Tensor> target{random_tensor({1, 2, 2, 2}, 7), random_tensor({1, 3, 1, 1}, 8)};
  const std::vector<double> weights{0.03, 0.03};
  EXPECT_EQ(perceptual_loss(predicted, target, 0.03).item<double>(),
            perceptual_loss(predicted, target, weights).item<double>());
}

struct Pair {
  at::Tensor fake = golden::named_uniform("input.vgg_fake", {1, 3, 256, 256});
  at::Tensor real = golden::named_uniform("input.vgg_real", {1, 3, 256, 256});
};

TEST(PerceptualLoss, IsThePublishedOneOfLatentPoseDescriptors) {
  const at::NoGradGuard no_grad;
  CaffeVgg19 network;
  golden::fill_vgg(network, "vgg19.");
  const Pair pair;
  const at::Tensor loss = perceptual_loss(network.forward(pair.fake), network.forward(pair.real), 3e-2);
  EXPECT_NEAR(loss.item<double>(), 3.748430, 1e-5);
}

// Within 2e-6: the official crop samples at float32 places (see the test of the crop).
TEST(PerceptualLoss, IsThePublishedIdentityLossOfLatentPoseDescriptors) {
  const at::NoGradGuard no_grad;
  VggFace network;
  golden::fill_vgg(network, "vggface.");
  const Pair pair;
  const auto predicted = network.forward(vgg_face_crop(pair.fake));
  const auto target = network.forward(vgg_face_crop(pair.real));
  EXPECT_NEAR(perceptual_loss(predicted, target, 0.6e-2).item<double>(), 0.7023353, 2e-6);
}

}  // namespace
}  // namespace understudy
