#include "data_pipeline/colour_kernels.h"

#include <array>

#include <gtest/gtest.h>

#include "common/philox.h"

namespace understudy {
namespace {

PlanarPicture random_picture(int width, int height) {
  Draws draws(6, Purpose::kTest, 0);
  Picture picture(width, height);
  for (std::uint8_t& byte : picture.rgb) byte = static_cast<std::uint8_t>(draws.below(256));
  PlanarPicture planar;
  to_planar(picture, false, planar);
  return planar;
}

TEST(ColourKernels, AreTheSameOnEveryProcessor) {
  const PlanarPicture picture = random_picture(130, 70);
  using enum ColourOperation;
  // 0.94 x 50 is a whole number up to rounding, which takes the way through single precision; 1.0713 does not.
  for (const float factor : {0.94F, 1.0713F}) {
    const std::array<ColourStep, 4> steps = {
        {{kHue, 33.0F}, {kBrightness, factor}, {kContrast, factor, 99.0F}, {kSaturation, factor}}};
    PlanarPicture best;
    PlanarPicture portable;
    best.resize(130, 70);
    portable.resize(130, 70);
    const auto sum = run_colour_steps(steps, picture, best, 0, picture.pixels(), true);
    const auto same = run_colour_steps(steps, picture, portable, 0, picture.pixels(), true, CodePath::kPortable);
    EXPECT_EQ(to_picture(best).rgb, to_picture(portable).rgb);
    EXPECT_EQ(sum, same);
  }
}

TEST(ColourKernels, SumTheGreyOfAllPixelsAndOfNoPadding) {
  const PlanarPicture picture = random_picture(33, 17);
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < picture.pixels(); ++i) {
    const auto weighted =
        19595 * picture.plane(0)[i] + 38470 * picture.plane(1)[i] + 7471 * picture.plane(2)[i] + 32768;
    expected += static_cast<std::uint64_t>(weighted >> 16);
  }
  EXPECT_EQ(sum_of_grey(picture), expected);
  EXPECT_EQ(sum_of_grey(picture, CodePath::kPortable), expected);
}

}  // namespace
}  // namespace understudy
