#include "data_pipeline/picture_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data_pipeline/noise_picture.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;

const Picture& picture() {
  static const Picture noise = noise_picture(19, 13);
  return noise;
}

TEST(PictureFilter, GaussianWeightsAreThoseOfOpenCv) {
  EXPECT_THAT(gaussian_weights(0.3, 5), ElementsAre(0, 1, 254, 1, 0));
  EXPECT_THAT(gaussian_weights(0.5, 5), ElementsAre(0, 27, 202, 27, 0));
  EXPECT_THAT(gaussian_weights(0.77, 5), ElementsAre(5, 57, 132, 57, 5));
  EXPECT_THAT(gaussian_weights(1.0, 5), ElementsAre(14, 62, 104, 62, 14));
  const std::vector<int> wide = gaussian_weights(4.112, 27);
  EXPECT_THAT(std::vector<int>(wide.begin(), wide.begin() + 14),
              ElementsAre(0, 1, 0, 2, 2, 4, 5, 9, 12, 15, 19, 22, 25, 24));
}

TEST(PictureFilter, BlursLikeASumOverAllPixels) {
  const std::vector<int> weights = {1, 20, 60, 94, 60, 20, 1};
  Picture blurred;
  separable_blur(picture(), weights, blurred);
  const auto expected = [&](int x, int y, int c) {
    double sum = 0.0;
    for (int i = 0; i < 49; ++i) {
      sum += weights[static_cast<std::size_t>(i / 7)] * weights[static_cast<std::size_t>(i % 7)] *
             mirrored_level(picture(), x + i % 7 - 3, y + i / 7 - 3, c);
    }
    return std::floor(sum / 65536 + 0.5);
  };
  EXPECT_EQ(largest_difference(blurred, expected), 0.0);
}

TEST(PictureFilter, BlursPartsLikeTheWhole) {
  Picture whole;
  separable_blur(picture(), gaussian_weights(1.0, 5), whole);
  Picture parts;
  const std::array<Rectangle, 2> wanted = {{{0, 0, 19, 2}, {15, 2, 4, 11}}};
  separable_blur(picture(), gaussian_weights(1.0, 5), wanted, parts);
  for (const Rectangle& part : wanted) {
    for (int y = part.top; y < part.top + part.height; ++y) {
      for (int x = part.left; x < part.left + part.width; ++x) EXPECT_EQ(parts.pixel(x, y)[1], whole.pixel(x, y)[1]);
    }
  }
}

TEST(PictureFilter, CorrelatesWithAKernelAndClips) {
  const std::array<float, 9> kernel = {-0.5F, 0.25F, 1.5F, -1.0F, 0.5F, 2.0F, 0.125F, -0.75F, 0.3F};
  Picture filtered;
  filter3x3(picture(), kernel, filtered);
  const auto expected = [&](int x, int y, int c) {
    double sum = 0.0;
    for (int i = 0; i < 9; ++i) {
      sum += static_cast<double>(kernel[static_cast<std::size_t>(i)]) *
             mirrored_level(picture(), x + i % 3 - 1, y + i / 3 - 1, c);
    }
    return std::clamp(sum, 0.0, 255.0);
  };
  EXPECT_LT(largest_difference(filtered, expected), 0.501);
}

TEST(PictureFilter, RoundsHalvesToEven) {
  Picture flat(2, 2);
  flat.rgb = {1, 3, 5, 1, 3, 5, 1, 3, 5, 1, 3, 5};
  Picture halved;
  filter3x3(flat, {0, 0, 0, 0, 0.5F, 0, 0, 0, 0}, halved);
  EXPECT_THAT(std::vector<int>(halved.rgb.begin(), halved.rgb.begin() + 3), ElementsAre(0, 2, 2));
}

TEST(PictureFilter, MeansOfFourAreRoundedUpAndOfNineToTheNearest) {
  for (const int side : {2, 3}) {
    Picture mean;
    mean_blur(picture(), side, mean);
    const auto expected = [&](int x, int y, int c) {
      double sum = 0.0;
      for (int i = 0; i < side * side; ++i) sum += mirrored_level(picture(), x + i % side - 1, y + i / side - 1, c);
      return side == 2 ? std::ceil(sum / 4) : std::round(sum / 9);
    };
    EXPECT_EQ(largest_difference(mean, expected), 0.0) << side;
  }
}

TEST(PictureFilter, MedianIsTheFifthOfNineWithARepeatedBorder) {
  Picture median;
  median_blur(picture(), median);
  const auto expected = [&](int x, int y, int c) {
    std::vector<double> levels;
    for (int i = 0; i < 9; ++i) {
      levels.push_back(picture().pixel(std::clamp(x + i % 3 - 1, 0, 18), std::clamp(y + i / 3 - 1, 0, 12))[c]);
    }
    std::sort(levels.begin(), levels.end());
    return levels[4];
  };
  EXPECT_EQ(largest_difference(median, expected), 0.0);
}

TEST(PictureFilter, MirrorsAboutTheOutermostPixels) {
  for (int i = -30; i < 30; ++i) EXPECT_EQ(mirrored(i, 7), walk_mirrored(i, 7));
  EXPECT_EQ(mirrored(-1, 2), 1);
}

}  // namespace
}  // namespace understudy
