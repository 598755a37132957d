#include "data_pipeline/latent_pose_draws.h"

#include <set>

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(LatentPoseDraws, FollowFromTheirKeyAlone) {
  const LatentPoseDraws once = draw_latent_pose(7, 41, {});
  draw_latent_pose(7, 42, {});
  EXPECT_EQ(once, draw_latent_pose(7, 41, {}));
  EXPECT_NE(once.parameters, draw_latent_pose(8, 41, {}).parameters);
  EXPECT_NE(once.parameters, draw_latent_pose(7, 42, {}).parameters);
}

TEST(LatentPoseDraws, LeaveEverythingAsItIsByDefault) {
  const LatentPoseDraws draws;
  EXPECT_EQ(draws.operator_count, 0U);
  EXPECT_FALSE(draws.scale || draws.shift || draws.quantise_target);
}

TEST(LatentPoseDraws, ObeySwitchesWithoutChangingTheRest) {
  for (std::uint64_t g = 0; g < 200; ++g) {
    const LatentPoseDraws all = draw_latent_pose(1, g, {});
    LatentPoseDraws still = draw_latent_pose(1, g, {.use_affine_scale = false, .use_affine_shift = false});
    EXPECT_FALSE(still.scale || still.shift || still.quantise_target);
    EXPECT_EQ(still.operators, all.operators);
    EXPECT_EQ(still.parameters, all.parameters);
    const LatentPoseDraws moved = draw_latent_pose(1, g, {.use_pixelwise_augs = false});
    EXPECT_EQ(moved.operator_count, 0U);
    EXPECT_EQ(moved.factors, all.factors);
    EXPECT_EQ(moved.fractions, all.fractions);
    EXPECT_TRUE(moved.quantise_target);
  }
}

TEST(LatentPoseDraws, StayInsideTheirBounds) {
  for (std::uint64_t g = 0; g < 2000; ++g) {
    const LatentPoseDraws draws = draw_latent_pose(1, g, {});
    ASSERT_LE(draws.operator_count, 5U);
    const std::set<PoseOperator> distinct(draws.operators.begin(), draws.operators.begin() + draws.operator_count);
    EXPECT_EQ(distinct.size(), draws.operator_count);
    for (const double factor : draws.factors) EXPECT_TRUE(draws.scale ? factor >= 0.8 && factor < 1.2 : factor == 1.0);
    for (const double part : draws.fractions) EXPECT_TRUE(draws.shift ? std::abs(part) <= 0.05 : part == 0.0);
    for (const int value : draws.parameters.add) EXPECT_LE(std::abs(value), 10);
    EXPECT_GE(draws.parameters.jpeg_compression, 70);
    EXPECT_LE(draws.parameters.jpeg_compression, 98);
  }
}

}  // namespace
}  // namespace understudy
