#include "data_pipeline/colour_tables.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/data_pipeline/noise_picture.h"

namespace understudy {
namespace {

TEST(ColourTables, AddAndClip) {
  const ByteTable more = addition_table(7);
  EXPECT_EQ(more[0], 7);
  EXPECT_EQ(more[250], 255);
  EXPECT_EQ(addition_table(-7)[5], 0);
  EXPECT_EQ(addition_table(-7)[100], 93);
}

TEST(ColourTables, MultiplyAndTruncate) {
  const ByteTable table = multiplication_table(1.27F);
  for (std::size_t i = 0; i < 256; ++i) {
    EXPECT_EQ(table[i], static_cast<int>(std::min(255.0, std::floor(static_cast<double>(i) * 1.27 + 1e-5)))) << i;
  }
}

TEST(ColourTables, LinearContrastTurnsAbout127) {
  const ByteTable strong = linear_contrast_table(1.25F);
  EXPECT_EQ(strong[127], 127);
  EXPECT_EQ(strong[128], 128);  // 128.25
  EXPECT_EQ(strong[126], 125);  // 125.75
  EXPECT_EQ(strong[0], 0);      // -31.75
  EXPECT_EQ(strong[255], 255);
  EXPECT_EQ(linear_contrast_table(0.75F)[0], 31);  // 31.75
}

TEST(ColourTables, SigmoidContrastIsTruncated) {
  const ByteTable table = sigmoid_contrast_table(7.3);
  for (std::size_t i = 0; i < 256; ++i) {
    const double exact = 255 / (1 + std::exp(7.3 * (0.5 - static_cast<double>(i) / 255)));
    EXPECT_EQ(table[i], static_cast<int>(exact)) << i;
  }
}

TEST(ColourTables, EachChannelHasItsTable) {
  Picture picture(1, 2);
  picture.rgb = {10, 20, 30, 40, 50, 60};
  apply_tables({addition_table(1), addition_table(2), addition_table(3)}, picture);
  EXPECT_EQ(picture.rgb, (std::vector<std::uint8_t>{11, 22, 33, 41, 52, 63}));
}

struct Saturated {
  int added;
  std::array<std::uint8_t, 36> rgb;
};

// From imgaug 0.4.0 with OpenCV 4.6 (rows of 256 pixels, which its vectorised loops do): colours of every sector of the
// colour circle, greys, and dark ones.
TEST(ColourTables, SaturationChangesAsWithOpenCv) {
  constexpr std::array<std::uint8_t, 36> kColours = {200, 100, 50, 10,  20,  240, 255, 255, 255, 0,  0,  0,
                                                     90,  200, 91, 128, 127, 126, 255, 0,   128, 33, 77, 77,
                                                     1,   2,   3,  250, 249, 10,  60,  61,  62,  17, 99, 201};
  const std::array<Saturated, 4> expected = {
      {{20, {200, 89, 34,  0,  7,  240, 255, 235, 235, 0,   0,   0, 74, 200, 74, 128, 121, 115,
             255, 0,  127, 26, 76, 77,  0,   1,   3,   250, 250, 0, 55, 58,  62, 1,   87,  201}},
       {-20, {200, 110, 65,  29, 36, 240, 255, 255, 255, 0,   0,   0,  105, 200, 105, 128, 128, 128,
              255, 19,  137, 38, 76, 77,  1,   2,   3,   250, 250, 29, 62,  62,  62,  33,  105, 201}},
       {7, {200, 96, 44,  3,  11, 240, 255, 248, 248, 0,   0,   0, 84, 200, 84, 128, 125, 122,
            255, 0,  127, 30, 76, 77,  0,   1,   3,   250, 250, 2, 58, 60,  62, 11,  93,  201}},
       {0, {200, 100, 50,  10, 18, 240, 255, 255, 255, 0,   0,   0, 90, 200, 90, 128, 126, 125,
            255, 0,   127, 32, 76, 77,  1,   1,   3,   250, 250, 9, 60, 61,  62, 17,  96,  201}}}};
  for (const Saturated& one : expected) {
    Picture picture(12, 1);
    std::copy(kColours.begin(), kColours.end(), picture.rgb.begin());
    add_to_saturation(one.added, picture);
    for (std::size_t i = 0; i < 36; ++i) EXPECT_EQ(picture.rgb[i], one.rgb[i]) << one.added << " " << i;
  }
}

TEST(ColourTables, SaturationKeepsTheLargestChannel) {
  const Picture before = noise_picture(64, 8);
  Picture after = before;
  add_to_saturation(-15, after);
  for (std::size_t i = 0; i < before.rgb.size(); i += 3) {
    const auto most = [i](const Picture& p) { return std::max({p.rgb[i], p.rgb[i + 1], p.rgb[i + 2]}); };
    EXPECT_NEAR(most(before), most(after), 1);
  }
}

}  // namespace
}  // namespace understudy
