#include "trainer/learning_rate.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(LearningRate, FollowsTheOfficialSchedule) {
  const OptimizerConfig official;
  EXPECT_EQ(learning_rate_at(official, 0), 0.0);
  EXPECT_DOUBLE_EQ(learning_rate_at(official, 1), 4e-08);
  EXPECT_DOUBLE_EQ(learning_rate_at(official, 2499), 9.996e-05);
  EXPECT_DOUBLE_EQ(learning_rate_at(official, 2500), 0.0001);
  EXPECT_NEAR(learning_rate_at(official, 100000), 9.563138038e-05, 1e-14);
  EXPECT_NEAR(learning_rate_at(official, 300000), 8.725823492e-05, 1e-14);
  EXPECT_NEAR(learning_rate_at(official, 500000), 7.961821246e-05, 1e-14);
  EXPECT_NEAR(learning_rate_at(official, 600000), 7.605283756e-05, 1e-14);
}

}  // namespace
}  // namespace understudy
