#include "data_pipeline/blob_noise.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace understudy {
namespace {

Draws stream(std::uint64_t sample) {
  return Draws(4, Purpose::kTest, sample);
}

TEST(SimplexNoise, IsZeroAtTheCornersOfItsLattice) {
  Draws draws = stream(0);
  const SimplexNoise noise(draws);
  const double squish = (std::sqrt(3.0) - 1) / 2;
  for (int i = -3; i < 4; ++i) {
    for (int j = -3; j < 4; ++j) EXPECT_NEAR(noise.at(i + (i + j) * squish, j + (i + j) * squish), 0.0, 1e-12);
  }
  EXPECT_NEAR(noise.at(0.0, 0.0), 0.0, 1e-12);
}

TEST(SimplexNoise, IsContinuous) {
  Draws draws = stream(1);
  const SimplexNoise noise(draws);
  double largest_step = 0.0;
  for (double t = -8.0; t < 8.0; t += 1e-4) {
    largest_step = std::max(largest_step, std::abs(noise.at(t + 1e-4, 0.7 * t) - noise.at(t, 0.7 * t)));
  }
  EXPECT_LT(largest_step, 1e-3);
  EXPECT_GT(largest_step, 1e-5);
}

TEST(SimplexNoise, FollowsFromItsKey) {
  Draws once = stream(2);
  Draws again = stream(2);
  Draws other = stream(3);
  EXPECT_EQ(SimplexNoise(once).at(3, 4), SimplexNoise(again).at(3, 4));
  EXPECT_NE(SimplexNoise(again).at(3, 4), SimplexNoise(other).at(3, 4));
}

// Quantiles of the OpenSimplex of imgaug 0.4.0 at the points (1, 1) ... (15, 15) of 200 fields.
TEST(SimplexNoise, HasTheDistributionOfOpenSimplex) {
  std::vector<double> values;
  for (std::uint64_t field = 0; field < 400; ++field) {
    Draws draws = stream(100 + field);
    const SimplexNoise noise(draws);
    for (int y = 1; y < 16; ++y) {
      for (int x = 1; x < 16; ++x) values.push_back(noise.at(x, y));
    }
  }
  std::sort(values.begin(), values.end());
  const auto quantile = [&](double q) {
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
  };
  EXPECT_NEAR(quantile(0.0), -0.864, 0.002);
  EXPECT_NEAR(quantile(0.01), -0.75, 0.01);
  EXPECT_NEAR(quantile(0.1), -0.46, 0.01);
  EXPECT_NEAR(quantile(0.25), -0.23, 0.01);
  EXPECT_NEAR(quantile(0.5), 0.0, 0.01);
  EXPECT_NEAR(quantile(0.75), 0.234, 0.01);
  EXPECT_NEAR(quantile(0.9), 0.46, 0.01);
  EXPECT_NEAR(quantile(1.0), 0.864, 0.002);
}

std::vector<std::uint8_t> blobs(const BlobMap& map, int width, int height) {
  Draws draws = stream(7);
  std::vector<std::uint8_t> result;
  draw_blobs(map, draws, width, height, result);
  return result;
}

TEST(DrawBlobs, TruncatesTheNoiseOfASmallGrid) {
  Draws draws = stream(7);
  const SimplexNoise noise(draws);
  const auto small = blobs({5, Upscaling::kCubic}, 5, 5);
  for (int i = 0; i < 25; ++i) {
    EXPECT_EQ(small[static_cast<std::size_t>(i)], static_cast<int>((noise.at(i % 5, i / 5) + 1) / 2 * 255)) << i;
  }
  EXPECT_EQ(small[0], 127);
}

TEST(DrawBlobs, EnlargesAsNamed) {
  const auto small = blobs({4, Upscaling::kNearest}, 4, 4);
  const auto at = [&](int x, int y) -> double {
    return small[static_cast<std::size_t>(std::clamp(y, 0, 3) * 4 + std::clamp(x, 0, 3))];
  };
  const auto nearest = blobs({4, Upscaling::kNearest}, 32, 32);
  const auto linear = blobs({4, Upscaling::kLinear}, 32, 32);
  const auto cubic = blobs({4, Upscaling::kCubic}, 32, 32);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) {
      const auto i = static_cast<std::size_t>(y * 32 + x);
      EXPECT_EQ(nearest[i], at(x / 8, y / 8));
      double sum = 0.0;
      const double px = (x + 0.5) / 8 - 0.5;
      const double py = (y + 0.5) / 8 - 0.5;
      for (int j = -1; j < 5; ++j) {
        for (int k = -1; k < 5; ++k)
          sum += std::max(0.0, 1 - std::abs(px - k)) * std::max(0.0, 1 - std::abs(py - j)) * at(k, j);
      }
      EXPECT_NEAR(linear[i], sum, 0.501);
      EXPECT_NEAR(cubic[i], sum, 25) << "another curve through the same points";
    }
  }
  EXPECT_NE(cubic, linear);
}

TEST(DrawBlobs, KeepsTheShapeOfThePicture) {
  EXPECT_EQ(blobs({4, Upscaling::kLinear}, 40, 20).size(), 800U);
  const auto wide = blobs({4, Upscaling::kNearest}, 40, 20);
  EXPECT_EQ(wide[0], wide[9 * 40 + 9]) << "four columns and two rows";
  EXPECT_NE(wide[0], wide[10 * 40]);
}

}  // namespace
}  // namespace understudy
