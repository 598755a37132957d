#include "data_pipeline/synthetic_motion.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(SyntheticMotion, FollowsFromSeedClipAndFrameAlone) {
  const HeadMotion once(3, 14);
  const HeadMotion again(3, 14);
  EXPECT_EQ(once.at(57).pose.yaw, again.at(57).pose.yaw);
  EXPECT_EQ(to_vector(once.at(57).expression), to_vector(again.at(57).expression));
  EXPECT_NE(once.at(57).pose.yaw, HeadMotion(3, 15).at(57).pose.yaw);
}

TEST(SyntheticMotion, IsSmoothAndWithinItsRanges) {
  const HeadMotion motion(1, 0);
  HeadState before = motion.at(0);
  for (std::uint32_t frame = 1; frame < 500; ++frame) {
    const HeadState now = motion.at(frame);
    EXPECT_LT(std::abs(now.pose.yaw - before.pose.yaw), 0.12F);
    EXPECT_LT(std::abs(now.expression.shift_x - before.expression.shift_x), 0.03F);
    EXPECT_LE(std::abs(now.expression.shift_x), 0.32F);
    EXPECT_LE(std::abs(now.pose.yaw), 0.85F);
    EXPECT_TRUE(now.expression.mouth_open >= 0.0F && now.expression.mouth_open <= 1.0F);
    before = now;
  }
}

TEST(SyntheticMotion, MovesAndBlinks) {
  for (std::uint64_t clip = 0; clip < 5; ++clip) {
    const HeadMotion motion(2, clip);
    float left = 1.0F;
    float right = -1.0F;
    float narrowest = 2.0F;
    for (std::uint32_t frame = 0; frame < 250; ++frame) {
      left = std::min(left, motion.at(frame).pose.yaw);
      right = std::max(right, motion.at(frame).pose.yaw);
      narrowest = std::min(narrowest, motion.at(frame).expression.eye_open);
    }
    EXPECT_GT(right - left, 0.35F);
    EXPECT_LT(narrowest, 0.25F);
  }
}

}  // namespace
}  // namespace understudy
