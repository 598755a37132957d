#include "data_pipeline/resize.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

Picture formula_picture(int width, int height) {
  Picture picture(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        picture.pixel(x, y)[c] = static_cast<std::uint8_t>((x * (c + 1) * 7 + y * 13 + x * y + 30 * c) % 256);
      }
    }
  }
  return picture;
}

double value_at(const PicturePlanes& planes, int c, int y, int x) {
  return static_cast<double>(planes.values[static_cast<std::size_t>((c * planes.height + y) * planes.width + x)]);
}

struct Entry {
  int channel, row, column;
  double value;
};

// Results of scikit-image 0.26.0 with SciPy 1.17.1: resize(picture, (height, width)).
struct ScikitImageCase {
  std::string name;
  int in_width, in_height, width, height;
  double mean, norm;
  std::vector<Entry> entries;
};

void PrintTo(const ScikitImageCase& example, std::ostream* out) {
  *out << example.name;
}

const ScikitImageCase kCases[] = {
    {"BothAxesShrink",
     40,
     30,
     16,
     12,
     0.4995011705,
     12.555040461,
     {{0, 0, 0, 0.0736044507},
      {1, 4, 8, 0.6676182281},
      {2, 11, 15, 0.5749120889},
      {0, 11, 0, 0.5523140324},
      {2, 1, 14, 0.6697590451}}},
    {"AspectChanges",
     40,
     30,
     16,
     16,
     0.4996268985,
     14.713679970,
     {{0, 0, 0, 0.0524263663},
      {1, 5, 8, 0.5477261772},
      {2, 15, 15, 0.4909096069},
      {0, 15, 0, 0.5734623573},
      {2, 1, 14, 0.6060893146}}},
    {"BothAxesGrow",
     9,
     7,
     20,
     15,
     0.4653945679,
     15.571753127,
     {{0, 0, 0, 0.0214313725},
      {1, 5, 10, 0.4892091503},
      {2, 14, 19, 0.3335228758},
      {0, 14, 0, 0.3060196078},
      {2, 1, 18, 0.8960392157}}},
    {"OneAxisGrows",
     20,
     10,
     10,
     25,
     0.4952958173,
     14.895157226,
     {{0, 0, 0, 0.0326779187},
      {1, 8, 5, 0.5095945981},
      {2, 24, 9, 0.8131956929},
      {0, 24, 0, 0.4809164908},
      {2, 1, 8, 0.6017647059}}},
    {"Tiny",
     5,
     3,
     2,
     2,
     0.2862745098,
     1.141405420,
     {{0, 0, 0, 0.0383074398},
      {1, 0, 1, 0.3037639666},
      {2, 1, 1, 0.6012139319},
      {0, 1, 0, 0.1200063041},
      {2, 1, 0, 0.4046092615}}},
    {"HardlyShrinks",
     33,
     21,
     32,
     20,
     0.5001574755,
     24.300100738,
     {{0, 0, 0, 0.0017049632},
      {1, 6, 16, 0.7525689338},
      {2, 19, 31, 0.3695481005},
      {0, 19, 0, 0.0407705270},
      {2, 1, 30, 0.8865303309}}},
    {"FilterWiderThanThePicture",
     64,
     64,
     2,
     2,
     0.5011150891,
     1.735935253,
     {{0, 0, 0, 0.4994821341},
      {1, 0, 1, 0.5023576636},
      {2, 1, 1, 0.5085698343},
      {0, 1, 0, 0.4982879356},
      {2, 1, 0, 0.5006924309}}},
    {"OnePixelWide",
     1,
     4,
     3,
     2,
     0.1941176471,
     0.938959998,
     {{0, 0, 0, 0.0309574540},
      {1, 0, 1, 0.1486045128},
      {2, 1, 2, 0.3572778401},
      {0, 1, 0, 0.1219837225},
      {2, 1, 1, 0.3572778401}}},
};

class ResizeLikeSkimage : public testing::TestWithParam<ScikitImageCase> {};

TEST_P(ResizeLikeSkimage, ReproducesScikitImage) {
  const ScikitImageCase& example = GetParam();
  const PicturePlanes planes =
      resize_like_skimage(formula_picture(example.in_width, example.in_height), example.width, example.height);
  ASSERT_EQ(planes.values.size(), static_cast<std::size_t>(3 * example.width * example.height));
  double sum = 0;
  double squares = 0;
  for (const float value : planes.values) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  EXPECT_NEAR(sum / static_cast<double>(planes.values.size()), example.mean, 1e-8);
  EXPECT_NEAR(std::sqrt(squares), example.norm, 1e-7 * example.norm);
  for (const Entry& entry : example.entries) {
    EXPECT_NEAR(value_at(planes, entry.channel, entry.row, entry.column), entry.value, 6e-8);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ResizeLikeSkimage, testing::ValuesIn(kCases), [](const auto& info) {
  return info.param.name;
});

TEST(Resize, KeepsAPictureOfTheWantedSizeExactly) {
  const Picture picture = formula_picture(31, 17);
  const PicturePlanes planes = resize_like_skimage(picture, 31, 17);
  EXPECT_EQ(planes.values[5], 35.0F / 255.0F);
  EXPECT_EQ(to_picture(planes).rgb, picture.rgb);
}

TEST(Resize, KeepsAConstantPicture) {
  Picture grey(50, 37);
  std::fill(grey.rgb.begin(), grey.rgb.end(), std::uint8_t{77});
  for (const float value : resize_like_skimage(grey, 13, 64).values) EXPECT_NEAR(value, 77.0F / 255.0F, 1e-7F);
}

TEST(Resize, RefusesSizesThatAreNone) {
  EXPECT_THROW(resize_like_skimage(Picture(4, 4), 0, 4), DataError);
  EXPECT_THROW(resize_like_skimage(Picture(), 4, 4), DataError);
}

TEST(ToPicture, ClampsAndRoundsHalfToEven) {
  const PicturePlanes planes{2, 1, {-0.3F, 1.7F, 0.5F, 0.25F, 1.0F, 0.0F}};
  EXPECT_EQ(to_picture(planes).rgb, (std::vector<std::uint8_t>{0, 128, 255, 255, 64, 0}));
}

}  // namespace
}  // namespace understudy
