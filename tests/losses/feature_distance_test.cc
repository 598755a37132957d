#include "losses/feature_distance.h"

#include <cmath>

#include <gmock/gmock.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

double mean_absolute(const at::Tensor& a, const at::Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.numel(); ++i) sum += std::abs(a.data_ptr<double>()[i] - b.data_ptr<double>()[i]);
  return sum / static_cast<double>(a.numel());
}

struct Maps {
  std::vector<at::Tensor> a{random_tensor({2, 3, 4, 4}, 1), random_tensor({2, 5, 2, 2}, 2)};
  std::vector<at::Tensor> b{random_tensor({2, 3, 4, 4}, 3), random_tensor({2, 5, 2, 2}, 4)};
};

TEST(FeatureDistance, WeighsTheMeanOfEachMap) {
  const Maps maps;
  const double expected = 0.25 * mean_absolute(maps.a[0], maps.b[0]) + 3.0 * mean_absolute(maps.a[1], maps.b[1]);
  const std::vector<double> weights{0.25, 3.0};
  EXPECT_NEAR(feature_distance(maps.a, maps.b, weights, "test").item<double>(), expected, 1e-14);
}

TEST(FeatureDistance, GradientAgreesWithFiniteDifferences) {
  const std::vector<double> weights{2.0};
  expect_gradients(
      [&](const auto& in) {
        return feature_distance(std::span(in).subspan(0, 1), std::span(in).subspan(1, 1), weights, "test");
      },
      {random_tensor({1, 2, 3, 3}, 5, 0.0, 1.0), random_tensor({1, 2, 3, 3}, 6, -1.0, 0.0)});
}

TEST(FeatureDistance, RefusesListsOfDifferentLengths) {
  const Maps maps;
  const std::vector<double> one_weight{1.0};
  EXPECT_THROW(feature_distance(maps.a, maps.b, one_weight, "test"), ShapeError);
  EXPECT_THROW(feature_distance({}, {}, {}, "test"), ShapeError);
}

TEST(FeatureDistance, NamesTheLossInItsMessage) {
  const Maps maps;
  const std::vector<double> weights{1.0, 1.0};
  const std::vector<at::Tensor> swapped{maps.b[1], maps.b[0]};
  try {
    feature_distance(maps.a, swapped, weights, "perceptual loss");
    FAIL();
  } catch (const ShapeError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("perceptual loss"));
  }
}

}  // namespace
}  // namespace understudy
