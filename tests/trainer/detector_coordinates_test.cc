#include "trainer/recipes/keypoints/detector_coordinates.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace understudy {
namespace {

TEST(DetectorCoordinates, AreThoseOfThePublishedDetectorAt256Pixels) {
  const DetectorCoordinates coordinates{FsrtModelConfig{}};
  EXPECT_DOUBLE_EQ(coordinates.to_pixel(-1), 12);
  EXPECT_DOUBLE_EQ(coordinates.to_pixel(0), 126);
  EXPECT_DOUBLE_EQ(coordinates.to_pixel(1), 240);
  EXPECT_DOUBLE_EQ(coordinates.from_pixel(126), 0);
  // Pixel 12 has its centre at 2 * 12.5 / 256 - 1 of the span.
  EXPECT_NEAR(coordinates.to_span(torch::tensor({-1.0}, torch::kDouble)).item<double>(), 25.0 / 256 - 1, 1e-12);
}

TEST(TenPoints, AreMeansOfLandmarkRanges) {
  Landmarks68 landmarks;
  for (std::size_t i = 0; i < 68; ++i) {
    landmarks.xy[2 * i] = static_cast<float>(i);
    landmarks.xy[2 * i + 1] = static_cast<float>(2 * i);
  }
  const auto points = ten_points(landmarks);
  EXPECT_FLOAT_EQ(points[0], 38.5F);  // eye: landmarks 36 ... 41
  EXPECT_FLOAT_EQ(points[4], 30.0F);  // nose tip
  EXPECT_FLOAT_EQ(points[5], 60.0F);
  EXPECT_FLOAT_EQ(points[19], 48.0F);  // brow: landmarks 22 ... 26
}

}  // namespace
}  // namespace understudy
