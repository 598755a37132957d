#include "data_pipeline/resize_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <gmock/gmock.h>

#include "common/errors.h"
#include "common/philox.h"

namespace understudy {
namespace {

Picture random_picture(int width, int height) {
  Draws draws(9, Purpose::kTest, 0);
  Picture picture(width, height);
  for (std::uint8_t& byte : picture.rgb) byte = static_cast<std::uint8_t>(draws.below(256));
  return picture;
}

double cubic(double distance) {
  constexpr double a = -0.75;
  const double x = std::abs(distance);
  if (x <= 1) return (a + 2) * x * x * x - (a + 3) * x * x + 1;
  return x < 2 ? a * (x * x * x - 5 * x * x + 8 * x - 4) : 0;
}

/// Weight of every input for one output, straight from the definitions.
std::vector<double> dense_weights(int output, int in, int out) {
  std::vector<double> weights(static_cast<std::size_t>(in));
  const double scale = static_cast<double>(in) / out;
  if (out <= in) {
    for (int i = 0; i < in; ++i) {
      const double covered = std::min<double>(i + 1, (output + 1) * scale) - std::max<double>(i, output * scale);
      weights[static_cast<std::size_t>(i)] = std::max(covered, 0.0) / scale;
    }
    return weights;
  }
  const double centre = (output + 0.5) * scale - 0.5;
  for (int i = static_cast<int>(std::floor(centre)) - 1; i <= std::floor(centre) + 2; ++i) {
    weights[static_cast<std::size_t>(std::clamp(i, 0, in - 1))] += cubic(i - centre);
  }
  return weights;
}

double expected(const Picture& picture,
                const Rectangle& region,
                const std::vector<double>& down,
                const std::vector<double>& across,
                int channel) {
  double sum = 0;
  for (int y = 0; y < region.height; ++y) {
    if (down[static_cast<std::size_t>(y)] == 0) continue;
    for (int x = 0; x < region.width; ++x) {
      sum += down[static_cast<std::size_t>(y)] * across[static_cast<std::size_t>(x)] *
             picture.pixel(region.left + x, region.top + y)[channel];
    }
  }
  return std::clamp(sum, 0.0, 255.0);
}

void check(const Picture& picture, const Rectangle& region, int width, int height) {
  const Picture result = resize_picture(picture, region, width, height);
  ASSERT_EQ(result.width, width);
  ASSERT_EQ(result.height, height);
  std::vector<std::vector<double>> columns;
  for (int x = 0; x < width; ++x) columns.push_back(dense_weights(x, region.width, width));
  for (int y = 0; y < height; ++y) {
    const std::vector<double> down = dense_weights(y, region.height, height);
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double exact = expected(picture, region, down, columns[static_cast<std::size_t>(x)], c);
        const double off = result.pixel(x, y)[c] - exact;
        ASSERT_LE(off, 0.5 + 1.0 / 2048) << region.width << " x " << region.height << " at " << x << ", " << y;
        ASSERT_GT(off, -0.5) << region.width << " x " << region.height << " at " << x << ", " << y;
      }
    }
  }
}

TEST(ResizePicture, AgreesWithTheDefinition) {
  const Picture picture = random_picture(61, 47);
  for (const Rectangle region :
       {Rectangle{0, 0, 61, 47}, Rectangle{5, 7, 33, 40}, Rectangle{60, 46, 1, 1}, Rectangle{2, 0, 3, 47}}) {
    for (const auto& [width, height] : {std::pair{20, 17}, {33, 40}, {61, 20}, {20, 80}, {97, 70}, {1, 1}}) {
      check(picture, region, width, height);
    }
  }
}

TEST(ResizePicture, CopiesWhatHasItsSize) {
  const Picture picture = random_picture(31, 22);
  EXPECT_EQ(resize_picture(picture, 31, 22).rgb, picture.rgb);
  const Picture cut = resize_picture(picture, {4, 3, 2, 1}, 2, 1);
  EXPECT_EQ(cut.rgb, std::vector<std::uint8_t>(picture.pixel(4, 3), picture.pixel(6, 3)));
}

TEST(ResizePicture, AveragesFourPixelsHalfUp) {
  const Picture picture = random_picture(16, 10);
  const Picture half = resize_picture(picture, 8, 5);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 8; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int sum = picture.pixel(2 * x, 2 * y)[c] + picture.pixel(2 * x + 1, 2 * y)[c] +
                        picture.pixel(2 * x, 2 * y + 1)[c] + picture.pixel(2 * x + 1, 2 * y + 1)[c];
        EXPECT_EQ(half.pixel(x, y)[c], (sum + 2) / 4);
      }
    }
  }
}

/// In single precision a fiftieth is too small, and one sum in fifty ends in a half.
TEST(ResizePicture, MissesNoHalf) {
  const Picture picture = random_picture(50 * 400, 1);
  const Picture small = resize_picture(picture, 400, 1);
  for (int x = 0; x < 400; ++x) {
    for (int c = 0; c < 3; ++c) {
      int sum = 0;
      for (int i = 0; i < 50; ++i) sum += picture.pixel(50 * x + i, 0)[c];
      EXPECT_EQ(small.pixel(x, 0)[c], (sum + 25) / 50);
    }
  }
}

TEST(ResizePicture, KeepsConstantPictures) {
  for (const int grey : {0, 1, 127, 254, 255}) {
    Picture picture(19, 23);
    std::fill(picture.rgb.begin(), picture.rgb.end(), static_cast<std::uint8_t>(grey));
    for (const auto& [width, height] : {std::pair{7, 11}, {40, 50}, {7, 50}, {200, 3}}) {
      EXPECT_THAT(resize_picture(picture, width, height).rgb, testing::Each(grey));
    }
  }
}

TEST(ResizePicture, RefusesWhatIsOutside) {
  const Picture picture(10, 10);
  EXPECT_THROW(resize_picture(picture, 0, 5), DataError);
  EXPECT_THROW(resize_picture(picture, {5, 0, 6, 10}, 5, 5), DataError);
  EXPECT_THROW(resize_picture(picture, {-1, 0, 6, 10}, 5, 5), DataError);
  EXPECT_THROW(resize_picture(picture, {0, 0, 0, 10}, 5, 5), DataError);
}

}  // namespace
}  // namespace understudy
