#include "losses/equivariance.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

at::Tensor affine_of(std::vector<double> entries) {
  return torch::tensor(entries, at::kDouble).view({1, 2, 3});
}

/// The coordinate of a row or column after reflection at the outer edges (-0.5 and count - 0.5).
double reflected(double place, double count) {
  double distance = std::fmod(std::abs(place + 0.5), 2 * count);
  if (distance > count) distance = 2 * count - distance;
  return std::clamp(distance - 0.5, 0.0, count - 1);
}

double bilinear(const at::Tensor& plane, double x, double y) {
  const auto at = plane.accessor<double, 2>();
  const double column = reflected(x, static_cast<double>(plane.size(1)));
  const double row = reflected(y, static_cast<double>(plane.size(0)));
  const auto left = static_cast<std::int64_t>(column);
  const auto top = static_cast<std::int64_t>(row);
  const std::int64_t right = std::min(left + 1, plane.size(1) - 1);
  const std::int64_t bottom = std::min(top + 1, plane.size(0) - 1);
  const double u = column - static_cast<double>(left);
  const double v = row - static_cast<double>(top);
  return (1 - v) * ((1 - u) * at[top][left] + u * at[top][right]) +
         v * ((1 - u) * at[bottom][left] + u * at[bottom][right]);
}

TEST(RandomAffine, IsKeyedAndScattersAroundTheIdentity) {
  Draws first(7, Purpose::kEquivarianceTransform, 3);
  Draws again(7, Purpose::kEquivarianceTransform, 3);
  const at::Tensor affine = random_affine(first, 0.05);
  EXPECT_TRUE(at::equal(affine, random_affine(again, 0.05)));
  at::Tensor squares = at::zeros({2, 3}, at::kDouble);
  for (std::uint64_t sample = 0; sample < 4000; ++sample) {
    Draws draws(7, Purpose::kEquivarianceTransform, sample);
    squares += (random_affine(draws, 0.05) - at::eye(2, 3, at::kDouble)).square();
  }
  EXPECT_LT((at::sqrt(squares / 4000) - 0.05).abs().max().item<double>(), 0.0025);
}

TEST(ApplyAffine, MultipliesAndShifts) {
  const at::Tensor points = torch::tensor({0.5, -0.25}, at::kDouble).view({1, 1, 2});
  const at::Tensor mapped = apply_affine(affine_of({1.1, 0.2, 0.03, -0.1, 0.9, -0.05}), points);
  EXPECT_NEAR(mapped[0][0][0].item<double>(), 1.1 * 0.5 - 0.2 * 0.25 + 0.03, 1e-15);
  EXPECT_NEAR(mapped[0][0][1].item<double>(), -0.1 * 0.5 - 0.9 * 0.25 - 0.05, 1e-15);
  EXPECT_THROW(apply_affine(at::zeros({2, 2, 3}), points), ShapeError);
}

TEST(WarpPictures, AgreesWithPlainLoops) {
  const at::Tensor picture = random_tensor({1, 2, 5, 7}, 1);
  const std::vector<double> t{1.3, 0.2, 0.15, -0.1, 0.8, -0.4};
  const at::Tensor warped = warp_pictures(picture, affine_of(t));
  for (std::int64_t row = 0; row < 5; ++row) {
    for (std::int64_t column = 0; column < 7; ++column) {
      const double x = (2.0 * static_cast<double>(column) + 1) / 7 - 1;
      const double y = (2.0 * static_cast<double>(row) + 1) / 5 - 1;
      const double at_x = ((t[0] * x + t[1] * y + t[2] + 1) * 7 - 1) / 2;
      const double at_y = ((t[3] * x + t[4] * y + t[5] + 1) * 5 - 1) / 2;
      for (std::int64_t c = 0; c < 2; ++c) {
        ASSERT_NEAR(warped[0][c][row][column].item<double>(), bilinear(picture[0][c], at_x, at_y), 1e-13)
            << row << ' ' << column;
      }
    }
  }
}

TEST(WarpPictures, TheIdentityChangesNothing) {
  const at::Tensor pictures = random_tensor({2, 3, 8, 6}, 2);
  const at::Tensor identity = at::eye(2, 3, at::kDouble).expand({2, 2, 3});
  EXPECT_TRUE(at::allclose(warp_pictures(pictures, identity), pictures, 0, 1e-14));
}

// A perfect detector of one bright spot: the spot found on the warped picture, mapped by T, is the spot of the picture.
TEST(EquivarianceLoss, VanishesForADetectorThatFollowsThePicture) {
  const auto spot_at = [](double px, double py) {
    at::Tensor picture = at::empty({1, 1, 64, 64}, at::kDouble);
    for (std::int64_t i = 0; i < 64; ++i) {
      for (std::int64_t j = 0; j < 64; ++j) {
        const double x = (2.0 * static_cast<double>(j) + 1) / 64 - 1 - px;
        const double y = (2.0 * static_cast<double>(i) + 1) / 64 - 1 - py;
        picture[0][0][i][j] = std::exp(-(x * x + y * y) / 0.02);
      }
    }
    return picture;
  };
  const auto centroid = [](const at::Tensor& picture) {
    const at::Tensor axis = (at::arange(64, at::kDouble) * 2 - 63) / 64;
    const at::Tensor mass = picture / picture.sum();
    return at::stack({(mass * axis).sum(), (mass * axis.unsqueeze(1)).sum()}).view({1, 1, 2});
  };
  const at::Tensor affine = affine_of({1.05, 0.04, -0.1, -0.03, 0.97, 0.08});
  const at::Tensor picture = spot_at(0.2, -0.1);
  const at::Tensor found = centroid(picture);
  const at::Tensor found_warped = centroid(warp_pictures(picture, affine));
  EXPECT_LT(equivariance_loss(found, found_warped, affine).item<double>(), 2e-4);
  EXPECT_GT(equivariance_loss(found_warped, found, affine).item<double>(), 0.1) << "the map has a direction";
}

TEST(EquivarianceLoss, GradientReachesBothSides) {
  const at::Tensor affine = affine_of({1.1, 0.2, 0.03, -0.1, 0.9, -0.05});
  expect_gradients([&](const auto& in) { return equivariance_loss(in[0], in[1], affine); },
                   {random_tensor({1, 3, 2}, 3), random_tensor({1, 3, 2}, 4)});
}

TEST(KeypointRegressionLoss, AgreesWithPlainLoops) {
  const at::Tensor keypoints = random_tensor({2, 4, 2}, 5);
  const at::Tensor targets = random_tensor({2, 4, 2}, 6);
  for (const double beta : {0.0, 0.3}) {
    double sum = 0;
    for (std::int64_t i = 0; i < 16; ++i) {
      const double d = std::abs(keypoints.data_ptr<double>()[i] - targets.data_ptr<double>()[i]);
      sum += d < beta ? 0.5 * d * d / beta : d - 0.5 * beta;
    }
    EXPECT_NEAR(keypoint_regression_loss(keypoints, targets, beta).item<double>(), sum / 16, 1e-15);
  }
}

TEST(KeypointRegressionLoss, GradientAgreesWithFiniteDifferences) {
  expect_gradients([](const auto& in) { return keypoint_regression_loss(in[0], in[1], 0.3); },
                   {random_tensor({1, 3, 2}, 7), random_tensor({1, 3, 2}, 8)});
}

}  // namespace
}  // namespace understudy
