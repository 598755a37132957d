#include "trainer/report/curve.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(Curve, KeepsFewValuesAsTheyAre) {
  Curve curve;
  curve.add(9, 0, 3.0);
  curve.add(19, 0, 1.0);
  ASSERT_EQ(curve.points().size(), 2U);
  EXPECT_EQ(curve.points()[1].first, 19);
  EXPECT_EQ(curve.points()[1].mean(), 1.0);
  EXPECT_EQ(curve.last(), 1.0);
}

TEST(Curve, LosesNoSpikeOfFourMillionIterations) {
  Curve curve;
  for (Iteration i = 0; i < 4'000'000; ++i) curve.add(i, i < 3'000'000 ? 0 : 1, i == 1'234'567 ? 1e6 : 2.0);
  EXPECT_LE(curve.points().size(), 800U);
  EXPECT_GE(curve.points().size(), 350U);
  EXPECT_EQ(curve.values(), 4'000'000);
  int spikes = 0;
  std::int64_t values = 0;
  Iteration next = 0;
  for (const CurvePoint& point : curve.points()) {
    if (point.greatest == 1e6) {
      ++spikes;
      EXPECT_LE(point.first, 1'234'567);
      EXPECT_GE(point.last, 1'234'567);
      EXPECT_DOUBLE_EQ(point.mean(),
                       (2.0 * static_cast<double>(point.values - 1) + 1e6) / static_cast<double>(point.values));
    }
    EXPECT_EQ(point.least, 2.0);
    EXPECT_EQ(point.first, next) << "every iteration is in one point";
    EXPECT_TRUE(point.phase == 0 ? point.last < 3'000'000 : point.first >= 3'000'000) << "phases stay apart";
    next = point.last + 1;
    values += point.values;
  }
  EXPECT_EQ(spikes, 1);
  EXPECT_EQ(values, 4'000'000);
}

TEST(Curve, KeepsWhatIsNotFiniteApart) {
  Curve curve;
  curve.add(0, 0, 1.0);
  curve.add(1, 0, std::numeric_limits<double>::quiet_NaN());
  curve.add(2, 0, std::numeric_limits<double>::infinity());
  EXPECT_EQ(curve.points().size(), 1U);
  EXPECT_THAT(curve.not_finite(), testing::ElementsAre(1, 2));
}

}  // namespace
}  // namespace understudy
