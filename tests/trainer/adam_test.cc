#include "trainer/adam.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace understudy {
namespace {

/// Algorithm 1 of Kingma & Ba in double precision, element by element.
struct ReferenceAdam {
  explicit ReferenceAdam(std::size_t count) : m(count), v(count) {}
  void step(std::vector<double>& x, const std::vector<double>& g, double rate) {
    ++t;
    for (std::size_t i = 0; i < x.size(); ++i) {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
      x[i] -= rate * (m[i] / (1 - std::pow(0.9, t))) / (std::sqrt(v[i] / (1 - std::pow(0.999, t))) + 1e-8);
    }
  }
  std::vector<double> m, v;
  int t = 0;
};

TEST(Adam, AgreesWithADoublePrecisionReference) {
  const at::Tensor x = torch::arange(1.0, 21.0, torch::kDouble).reshape({4, 5}).clone();
  std::vector<double> expected(x.data_ptr<double>(), x.data_ptr<double>() + 20);
  Adam adam({{"x", x}}, {});
  ReferenceAdam reference(20);
  for (int t = 0; t < 30; ++t) {
    const at::Tensor gradient = torch::sin(x * (t + 1));
    reference.step(expected, {gradient.data_ptr<double>(), gradient.data_ptr<double>() + 20}, 0.01 * t);
    adam.step({{gradient}}, 0.01 * t);
  }
  for (int i = 0; i < 20; ++i) EXPECT_NEAR(x.data_ptr<double>()[i], expected[static_cast<std::size_t>(i)], 1e-9);
}

/// Values of one number that begins at 1 and has the gradients cos 1, cos 2, ...
std::vector<double> path(AdamOptions options, double learning_rate, int steps) {
  const at::Tensor x = torch::ones({1});
  Adam adam({{"x", x}}, options);
  std::vector<double> found;
  for (int t = 1; t <= steps; ++t) {
    adam.step({{torch::full({1}, std::cos(t))}}, learning_rate);
    found.push_back(x.item<double>());
  }
  return found;
}

// Values of the official Latent Pose Descriptors code in float32.
TEST(Adam, StepsAsThatOfLatentPose) {
  const std::vector<double> wanted = {0.999949992, 0.999993145, 1.000064492, 1.000112295, 1.000089645, 1.000020266};
  EXPECT_THAT(path({.beta1 = 0.0, .beta2 = 0.999, .epsilon = 1e-5}, 5e-5, 6),
              testing::Pointwise(testing::DoubleNear(1.5e-7), wanted));
}

TEST(Adam, StepsAsTheRectifiedOneOfLatentPose) {
  const std::vector<double> wanted = {0.999729872,
                                      0.999937952,
                                      1.000432968,
                                      1.000759840,
                                      1.000617981,
                                      1.000600100,
                                      1.000582457,
                                      1.000586748,
                                      1.000615835,
                                      1.000644922,
                                      1.000644803,
                                      1.000609517};
  EXPECT_THAT(path({.kind = AdamKind::kRAdam, .beta1 = 0.0, .beta2 = 0.999, .epsilon = 1e-5}, 5e-4, 12),
              testing::Pointwise(testing::DoubleNear(1.5e-7), wanted));
}

TEST(Adam, LeavesAParameterWithoutGradientAlone) {
  const at::Tensor x = torch::ones({3});
  const at::Tensor y = torch::ones({3});
  Adam adam({{"x", x}, {"y", y}}, {});
  adam.step({{at::Tensor(), torch::ones({3})}}, 0.1);
  EXPECT_TRUE(torch::equal(x, torch::ones({3})));
  EXPECT_FALSE(torch::equal(y, torch::ones({3})));
}

TEST(Adam, ContinuesFromItsStateToTheSameBits) {
  const auto run = [](int split) {
    at::Tensor x = torch::linspace(-1, 1, 50);
    auto adam = std::make_unique<Adam>(std::vector<std::pair<std::string, at::Tensor>>{{"x", x}}, AdamOptions{});
    for (int t = 0; t < 6; ++t) {
      if (t == split) {
        const auto saved = adam->state();
        adam = std::make_unique<Adam>(std::vector<std::pair<std::string, at::Tensor>>{{"x", x}}, AdamOptions{});
        const auto fresh = adam->state();
        for (std::size_t i = 0; i < saved.size(); ++i) fresh[i].second.copy_(saved[i].second);
      }
      adam->step({{torch::cos(x * t)}}, 0.05);
    }
    return x;
  };
  EXPECT_TRUE(torch::equal(run(3), run(-1)));
}

}  // namespace
}  // namespace understudy
