#include "losses/landmark_metrics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

struct Faces {
  at::Tensor target = random_tensor({2, 68, 2}, 1, 0.0, 256.0);
  at::Tensor predicted = (target + random_tensor({2, 68, 2}, 2, -5.0, 5.0)).contiguous();
};

double distance(const at::Tensor& a, const at::Tensor& b) {
  const double* p = a.data_ptr<double>();
  const double* q = b.data_ptr<double>();
  return std::hypot(p[0] - q[0], p[1] - q[1]);
}

double slow_mean_distance(const at::Tensor& a, const at::Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < 68; ++i) sum += distance(a[i], b[i]);
  return sum / 68;
}

TEST(AverageKeypointDistance, IsTheMeanDistanceOfEachPicture) {
  const Faces faces;
  const at::Tensor found = average_keypoint_distance(faces.predicted, faces.target);
  for (std::int64_t n = 0; n < 2; ++n) {
    EXPECT_NEAR(found[n].item<double>(), slow_mean_distance(faces.predicted[n], faces.target[n]), 1e-12);
  }
  EXPECT_EQ(average_keypoint_distance(at::zeros({1, 2, 2}), at::ones({1, 2, 2}) * 3)[0].item<double>(),
            std::sqrt(18.0));
}

TEST(PoseError, IsInUnitsOfTheTargetsEyeDistance) {
  const Faces faces;
  const at::Tensor found = pose_error(faces.predicted, faces.target);
  for (std::int64_t n = 0; n < 2; ++n) {
    const double eyes = distance(faces.target[n][36], faces.target[n][45]);
    EXPECT_NEAR(found[n].item<double>(), slow_mean_distance(faces.predicted[n], faces.target[n]) / eyes, 1e-13);
  }
}

TEST(PoseError, TakesAtLeastAHundredthOfAPixelBetweenTheEyes) {
  EXPECT_NEAR(pose_error(at::ones({1, 68, 2}), at::zeros({1, 68, 2}))[0].item<double>(), std::sqrt(2.0) * 100, 1e-10);
}

TEST(AlignedLandmarks, TakeScaleAndShiftAway) {
  const Faces faces;
  const at::Tensor moved = faces.target * 0.7 + torch::tensor({12.0, -30.0}, at::kDouble);
  EXPECT_TRUE(at::allclose(aligned_landmarks(moved, faces.target), faces.target, 0, 1e-10));
}

// At the least sum of squares every small change of scale or shift makes it larger.
TEST(AlignedLandmarks, LieAtTheLeastSumOfSquares) {
  const Faces faces;
  const at::Tensor aligned = aligned_landmarks(faces.predicted, faces.target);
  const auto squares = [&](const at::Tensor& points) { return (points - faces.target).square().sum({1, 2}); };
  const at::Tensor least = squares(aligned);
  for (const double step : {-1e-3, 1e-3}) {
    EXPECT_TRUE((squares(aligned * (1 + step)) > least).all().item<bool>());
    EXPECT_TRUE((squares(aligned + torch::tensor({step, 0.0}, at::kDouble)) > least).all().item<bool>());
    EXPECT_TRUE((squares(aligned + torch::tensor({0.0, step}, at::kDouble)) > least).all().item<bool>());
  }
}

TEST(AlignedLandmarks, OfOnePointEndAtTheMean) {
  const Faces faces;
  const at::Tensor aligned = aligned_landmarks(at::ones({2, 68, 2}), faces.target);
  EXPECT_TRUE(at::allclose(aligned, faces.target.mean(1, true).expand_as(aligned)));
}

TEST(LandmarkMetrics, RefuseOtherNumbersOfLandmarks) {
  EXPECT_THROW(pose_error(at::zeros({1, 5, 2}), at::zeros({1, 5, 2})), ShapeError);
  EXPECT_THROW(average_keypoint_distance(at::zeros({1, 5, 2}), at::zeros({1, 1, 2})), ShapeError);
  EXPECT_THROW(aligned_landmarks(at::zeros({1, 5, 3}), at::zeros({1, 5, 3})), ShapeError);
}

}  // namespace
}  // namespace understudy
