#include "data_pipeline/planar_picture.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

Picture numbered(int width, int height) {
  Picture picture(width, height);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return picture;
}

TEST(PlanarPicture, KeepsEveryPixelThereAndBack) {
  for (const int width : {1, 31, 33, 100}) {
    const Picture picture = numbered(width, 5);
    PlanarPicture planar;
    to_planar(picture, false, planar);
    EXPECT_EQ(to_picture(planar).rgb, picture.rgb);
  }
}

TEST(PlanarPicture, MirrorsLeftToRight) {
  const Picture picture = numbered(67, 4);
  PlanarPicture planar;
  to_planar(picture, true, planar);
  const Picture mirrored = to_picture(planar);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 67; ++x) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(mirrored.pixel(x, y)[c], picture.pixel(66 - x, y)[c]);
    }
  }
}

TEST(PlanarPicture, IsTheSameOnEveryProcessor) {
  for (const bool flip : {false, true}) {
    PlanarPicture best;
    PlanarPicture portable;
    to_planar(numbered(77, 9), flip, best);
    to_planar(numbered(77, 9), flip, portable, CodePath::kPortable);
    EXPECT_EQ(to_picture(best).rgb, to_picture(portable).rgb);
  }
}

TEST(PlanarPicture, ClearsItsPaddingWhenMemoryIsUsedAgain) {
  PlanarPicture planar;
  to_planar(numbered(40, 40), false, planar);
  to_planar(numbered(20, 20), false, planar);
  for (int c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < PlanarPicture::kPadding; ++i) ASSERT_EQ(planar.plane(c)[planar.pixels() + i], 0);
  }
}

}  // namespace
}  // namespace understudy
