#include "trainer/report/regular_choice.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(RegularChoice, KeepsTheMedianOfFewAndOfMany) {
  RegularChoice few;
  EXPECT_EQ(few.median(), 0.0);
  for (const double value : {3.0, 1.0, 2.0}) few.add(value);
  EXPECT_EQ(few.median(), 2.0);
  RegularChoice many;
  for (int i = 0; i < 1'000'000; ++i) many.add(i);
  EXPECT_NEAR(many.median(), 500'000.0, 1000.0);
  EXPECT_GE(many.size(), 900);
  EXPECT_LE(many.size(), 2000);
}

}  // namespace
}  // namespace understudy
