#include "data_pipeline/bilinear.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "common/philox.h"

namespace understudy {
namespace {

Picture random_picture(int width, int height) {
  Draws draws(4, Purpose::kTest, 0);
  Picture picture(width, height);
  for (std::uint8_t& byte : picture.rgb) byte = static_cast<std::uint8_t>(draws.below(256));
  return picture;
}

/// One output of the definition, in double.
double expected(const Picture& picture, const Rectangle& region, int size, int channel, int row, int column) {
  const auto place = [size](int i, int length) { return std::max((i + 0.5) * length / size - 0.5, 0.0); };
  const double y = place(row, region.height);
  const double x = place(column, region.width);
  const int y0 = static_cast<int>(y);
  const int x0 = static_cast<int>(x);
  const auto at = [&](int v, int u) {
    return picture.pixel(region.left + std::min(u, region.width - 1),
                         region.top + std::min(v, region.height - 1))[channel] /
           255.0;
  };
  const double upper = at(y0, x0) * (1 - (x - x0)) + at(y0, x0 + 1) * (x - x0);
  const double lower = at(y0 + 1, x0) * (1 - (x - x0)) + at(y0 + 1, x0 + 1) * (x - x0);
  return upper * (1 - (y - y0)) + lower * (y - y0);
}

void check(const Picture& picture, const Rectangle& region, int size) {
  PlanarPicture planar;
  to_planar(picture, false, planar);
  std::vector<float> result(static_cast<std::size_t>(3 * size * size));
  resize_bilinear(planar, region, size, result.data());
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        const float value = result[static_cast<std::size_t>((c * size + y) * size + x)];
        ASSERT_NEAR(value, expected(picture, region, size, c, y, x), 2e-5) << region.width << " at " << y << ", " << x;
      }
    }
  }
}

TEST(Bilinear, AgreesWithTheDefinitionWhenEnlargingAndShrinking) {
  const Picture picture = random_picture(150, 140);
  for (const int size : {37, 64, 72}) {
    for (const Rectangle region : {Rectangle{0, 0, 150, 140},
                                   Rectangle{3, 5, 71, 90},
                                   Rectangle{100, 90, 50, 50},
                                   Rectangle{149, 139, 1, 1},
                                   Rectangle{10, 0, 9, 140}}) {
      check(picture, region, size);
    }
  }
}

TEST(Bilinear, IsTheSameOnEveryProcessor) {
  PlanarPicture planar;
  to_planar(random_picture(200, 150), false, planar);
  for (const Rectangle region : {planar.frame(), Rectangle{20, 30, 50, 60}, Rectangle{7, 9, 70, 70}}) {
    std::vector<float> best(3 * 70 * 70);
    std::vector<float> portable(3 * 70 * 70);
    resize_bilinear(planar, region, 70, best.data());
    resize_bilinear(planar, region, 70, portable.data(), CodePath::kPortable);
    EXPECT_EQ(best, portable);
  }
}

TEST(Bilinear, GivesExactQuotientsWhereNothingIsResized) {
  Picture picture(16, 16);
  for (std::size_t i = 0; i < 256; ++i) picture.rgb[3 * i] = static_cast<std::uint8_t>(i);
  PlanarPicture planar;
  to_planar(picture, false, planar);
  std::vector<float> result(3 * 256);
  resize_bilinear(planar, planar.frame(), 16, result.data());
  for (std::size_t i = 0; i < 256; ++i) EXPECT_EQ(result[i], static_cast<float>(i) / 255.0F);
}

TEST(Bilinear, ReadsNothingOutsideTheRegion) {
  Picture picture(40, 40);
  for (int y = 10; y < 30; ++y) {
    for (int x = 5; x < 25; ++x) std::fill_n(picture.pixel(x, y), 3, std::uint8_t{255});
  }
  PlanarPicture planar;
  to_planar(picture, false, planar);
  std::vector<float> result(3 * 33 * 33);
  resize_bilinear(planar, {5, 10, 20, 20}, 33, result.data());
  for (const float value : result) ASSERT_NEAR(value, 1.0F, 1e-6F);
}

}  // namespace
}  // namespace understudy
