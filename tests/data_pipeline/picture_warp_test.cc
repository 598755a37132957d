#include "data_pipeline/picture_warp.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/data_pipeline/noise_picture.h"

namespace understudy {
namespace {

constexpr int kWidth = 23;
constexpr int kHeight = 17;

const Picture& picture() {
  static const Picture noise = noise_picture(kWidth, kHeight);
  return noise;
}

/// Cubic convolution with a = -0.75, from its definition by distance.
double cubic(double distance) {
  const double x = std::abs(distance);
  if (x < 1) return 1.25 * x * x * x - 2.25 * x * x + 1;
  if (x < 2) return -0.75 * (x * x * x - 5 * x * x + 8 * x - 4);
  return 0.0;
}

/// Rounded to 1/32, up.
double to_part(double place) {
  return std::floor(place * 32 + 0.5) / 32;
}

/// Bilinear at a place, with a mirrored border.
double bilinear(double x, double y, int c) {
  double sum = 0.0;
  for (int i = static_cast<int>(std::floor(x)); i <= std::floor(x) + 1; ++i) {
    for (int j = static_cast<int>(std::floor(y)); j <= std::floor(y) + 1; ++j) {
      sum += (1 - std::abs(x - i)) * (1 - std::abs(y - j)) * mirrored_level(picture(), i, j, c);
    }
  }
  return sum;
}

TEST(PictureWarp, KeepsAPictureThatStaysWhereItIs) {
  Picture same;
  warp_bilinear(picture(), {}, {}, same);
  EXPECT_EQ(same.rgb, picture().rgb);
}

TEST(PictureWarp, ShiftsBetweenPixels) {
  Picture shifted;
  warp_bilinear(picture(), {1.0, 3.40625}, {1.0, -2.71875}, shifted);
  EXPECT_LE(largest_difference(shifted, [](int x, int y, int c) { return bilinear(x - 3.40625, y + 2.71875, c); }),
            0.5);
}

TEST(PictureWarp, ScalesAboutTheMiddle) {
  constexpr double kAcross = 0.83;
  constexpr double kDown = 1.17;
  Picture scaled;
  warp_bilinear(picture(), scale_about_middle(kAcross, kWidth), scale_about_middle(kDown, kHeight), scaled);
  const auto place = [](int i, double scale, int length) {
    return to_part((i - (length - 1) / 2.0) / scale + (length - 1) / 2.0);
  };
  const auto expected = [&](int x, int y, int c) {
    return bilinear(place(x, kAcross, kWidth), place(y, kDown, kHeight), c);
  };
  EXPECT_LE(largest_difference(scaled, expected), 0.5 + 255.0 / 32) << "a place may be rounded to the other side";
  Picture middle;
  warp_bilinear(picture(), scale_about_middle(0.5, kWidth), scale_about_middle(2.0, kHeight), middle);
  EXPECT_EQ(middle.pixel(11, 8)[0], picture().pixel(11, 8)[0]);
  EXPECT_EQ(middle.pixel(12, 10)[1], picture().pixel(13, 9)[1]);
}

TEST(PictureWarp, ShiftsAPlaneWithZerosAroundItAndClips) {
  std::vector<float> plane;
  for (std::size_t i = 0; i < picture().rgb.size(); i += 3) plane.push_back(picture().rgb[i] > 127 ? 1.0F : 0.0F);
  std::vector<float> shifted(plane.size());
  constexpr double kX = 2.21875;
  constexpr double kY = -1.40625;
  shift_cubic(plane, kHeight, kX, kY, shifted);
  double unclipped_least = 0.0;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      double sum = 0.0;
      for (int j = 0; j < kHeight; ++j) {
        for (int i = 0; i < kWidth; ++i) {
          sum += cubic(x - kX - i) * cubic(y - kY - j) *
                 static_cast<double>(plane[static_cast<std::size_t>(j * kWidth + i)]);
        }
      }
      unclipped_least = std::min(unclipped_least, sum);
      EXPECT_NEAR(shifted[static_cast<std::size_t>(y * kWidth + x)], std::clamp(sum, 0.0, 1.0), 1e-6);
    }
  }
  EXPECT_LT(unclipped_least, -0.05) << "the picture must show that values are clipped";
}

TEST(PictureWarp, DisplacesPixelByPixelWithBlackAround) {
  Draws draws(2, Purpose::kTest, 0);
  std::vector<float> right(picture().rgb.size() / 3);
  std::vector<float> down(right.size());
  for (float& value : right) value = static_cast<float>(draws.below(225)) / 32.0F - 3.5F;
  for (float& value : down) value = static_cast<float>(draws.below(225)) / 32.0F - 3.5F;
  Picture displaced;
  displace_cubic(picture(), right, down, displaced);
  const auto expected = [&](int x, int y, int c) {
    const auto at = static_cast<std::size_t>(y * kWidth + x);
    double sum = 0.0;
    for (int j = 0; j < kHeight; ++j) {
      for (int i = 0; i < kWidth; ++i) {
        sum += cubic(x - static_cast<double>(right[at]) - i) * cubic(y - static_cast<double>(down[at]) - j) *
               picture().pixel(i, j)[c];
      }
    }
    return std::clamp(sum, 0.0, 255.0);
  };
  EXPECT_LT(largest_difference(displaced, expected), 0.56) << "weights are rounded to 1/32768";
}

}  // namespace
}  // namespace understudy
