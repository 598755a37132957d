#include "trainer/report/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

TEST(Axis, HasRoundTicks) {
  EXPECT_THAT(Axis::of_iterations(4'000'000).ticks(), ElementsAre(0, 1e6, 2e6, 3e6, 4e6));
  EXPECT_THAT(Axis::of_iterations(40).ticks(), ElementsAre(0, 10, 20, 30, 40));
  EXPECT_THAT(Axis::of_values(-1.0, 2.0).ticks(), ElementsAre(-1.0, 0.0, 1.0, 2.0));
}

TEST(Axis, IsLogarithmicWhereValuesAreFarApart) {
  const Axis axis = Axis::of_values(0.001, 1000.0);
  EXPECT_TRUE(axis.logarithmic());
  EXPECT_NEAR(axis.place(1.0), 0.5, 1e-12);
  EXPECT_EQ(axis.place(0.0), 0.0);
  EXPECT_EQ(axis.place(-5.0), 0.0);
  EXPECT_LE(axis.ticks().size(), 6U);
  EXPECT_GE(axis.ticks().size(), 3U);
  EXPECT_THAT(Axis::of_values(0.09, 3.0).ticks(),
              ElementsAre(DoubleEq(0.1), DoubleEq(0.2), DoubleEq(0.5), DoubleEq(1.0), DoubleEq(2.0)));
  EXPECT_FALSE(Axis::of_values(0.0, 1000.0).logarithmic());
}

TEST(Axis, ShowsTheOutermostValuesInside) {
  for (const auto& [least, greatest] : {std::pair(1.0, 1.0), {0.0, 0.0}, {-3.0, 8.0}, {1e-7, 3e-7}, {0.1, 90.0}}) {
    const Axis axis = Axis::of_values(least, greatest);
    EXPECT_GT(axis.place(least), 0.0);
    EXPECT_LT(axis.place(greatest), 1.0);
    EXPECT_GE(axis.ticks().size(), 2U);
    EXPECT_LE(axis.ticks().size(), 6U);
  }
}

}  // namespace
}  // namespace understudy
