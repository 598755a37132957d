#include "trainer/adam.h"

#include <cmath>

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
