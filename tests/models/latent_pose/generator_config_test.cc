#include "models/latent_pose/generator_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/problems.h"

namespace understudy {
namespace {

std::vector<std::string> problems_of(const LatentPoseGeneratorConfig& config) {
  Problems problems;
  validate(config, problems);
  return problems.messages();
}

TEST(LatentPoseGeneratorConfig, IsThePublishedModelByDefault) {
  const LatentPoseGeneratorConfig config;
  EXPECT_TRUE(problems_of(config).empty());
  EXPECT_EQ(config.up_blocks(), 6);
  EXPECT_EQ(config.hidden_size(), 768);
  EXPECT_THAT(
      config.adain_channels(),
      ::testing::ElementsAre(512, 512, 512, 512, 512, 512, 512, 512, 512, 512, 512, 256, 256, 128, 128, 64, 64));
}

TEST(LatentPoseGeneratorConfig, FollowsTheRulesAtOtherSizes) {
  LatentPoseGeneratorConfig config;
  config.image_size = 64;
  config.channels = 8;
  config.max_channels = 64;
  config.constant_blocks = 1;
  config.identity_size = 64;
  config.pose_size = 32;
  EXPECT_TRUE(problems_of(config).empty());
  EXPECT_EQ(config.up_blocks(), 4);
  EXPECT_EQ(config.hidden_size(), 512);
  EXPECT_THAT(config.adain_channels(), ::testing::ElementsAre(64, 64, 64, 64, 64, 32, 32, 16, 16, 8, 8));
}

TEST(LatentPoseGeneratorConfig, RefusesASizeThatDoublingDoesNotReach) {
  LatentPoseGeneratorConfig config;
  config.image_size = 96;
  EXPECT_THAT(problems_of(config), ::testing::ElementsAre(::testing::HasSubstr("model.image_size")));
  config.image_size = 2;
  EXPECT_EQ(problems_of(config).size(), 1U);
  config.image_size = 96;
  config.constant_size = 6;
  EXPECT_TRUE(problems_of(config).empty());
}

}  // namespace
}  // namespace understudy
