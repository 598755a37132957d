#include "data_pipeline/synthetic_math.h"

#include <numbers>

#include <gtest/gtest.h>

namespace understudy::synthetic {
namespace {

TEST(SyntheticMath, SineAgreesWithTheLibrary) {
  for (int i = -4000; i <= 4000; ++i) {
    const double turns = i * 0.00317;
    ASSERT_NEAR(sine_of_turns(turns), std::sin(2.0 * std::numbers::pi * turns), 2e-9) << turns;
  }
  EXPECT_EQ(sine_of_turns(0.0), 0.0);
}

TEST(SyntheticMath, RotationsKeepLengthsAndUndoThemselves) {
  const Rotation rotation = rotation_of({0.5F, -0.3F, 0.2F});
  const Vector v{0.3, -0.7, 0.4};
  const Vector turned = rotation.apply(v);
  EXPECT_NEAR(dot(turned, turned), dot(v, v), 1e-8);
  const Vector back = rotation.apply_inverse(turned);
  EXPECT_NEAR(back.x, v.x, 1e-8);
  EXPECT_NEAR(back.y, v.y, 1e-8);
  EXPECT_NEAR(back.z, v.z, 1e-8);
}

TEST(SyntheticMath, PoseTurnsTheNoseWhereItSays) {
  const Vector nose{0.0, 0.0, 1.0};
  EXPECT_GT(rotation_of({0.4F, 0.0F, 0.0F}).apply(nose).x, 0.3);
  EXPECT_GT(rotation_of({0.0F, 0.4F, 0.0F}).apply(nose).y, 0.3);
  EXPECT_LT(rotation_of({0.0F, 0.0F, 0.4F}).apply({0.0, -1.0, 0.0}).y, 0.0);
  EXPECT_GT(rotation_of({0.0F, 0.0F, 0.4F}).apply({0.0, -1.0, 0.0}).x, 0.3);
}

TEST(SyntheticMath, EllipseDistanceIsExactOnTheAxes) {
  EXPECT_NEAR(ellipse_distance(0.3, 0.0, 0.2, 0.5), 0.1, 1e-12);
  EXPECT_NEAR(ellipse_distance(0.0, 0.4, 0.2, 0.5), -0.1, 0.03);
  EXPECT_LT(ellipse_distance(0.0, 0.0, 0.2, 0.5), 0.0);
}

}  // namespace
}  // namespace understudy::synthetic
