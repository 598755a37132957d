#include "models/latent_pose/discriminator_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/problems.h"

namespace understudy {
namespace {

std::vector<std::string> problems_of(const LatentPoseDiscriminatorConfig& config) {
  Problems problems;
  validate(config, problems);
  return problems.messages();
}

std::vector<std::int64_t> widths_of(const LatentPoseDiscriminatorConfig& config) {
  std::vector<std::int64_t> widths;
  for (std::int64_t i = 0; i < config.blocks; ++i) widths.push_back(config.width(i));
  return widths;
}

TEST(LatentPoseDiscriminatorConfig, IsThePublishedModelByDefault) {
  const LatentPoseDiscriminatorConfig config;
  EXPECT_TRUE(problems_of(config).empty());
  EXPECT_EQ(config.down_blocks(), 6);
  EXPECT_THAT(widths_of(config), ::testing::ElementsAre(64, 128, 256, 512, 512, 512, 512));
}

TEST(LatentPoseDiscriminatorConfig, FollowsTheRulesAtOtherSizes) {
  LatentPoseDiscriminatorConfig config;
  config.image_size = 64;
  config.channels = 8;
  config.identity_size = 64;
  EXPECT_EQ(config.down_blocks(), 4);
  EXPECT_THAT(widths_of(config), ::testing::ElementsAre(8, 16, 32, 64, 64, 64, 64));
  EXPECT_TRUE(problems_of(config).empty());
  config.image_size = 2048;
  EXPECT_EQ(config.down_blocks(), 7);
}

TEST(LatentPoseDiscriminatorConfig, NamesWhatDoesNotFit) {
  LatentPoseDiscriminatorConfig config;
  config.channels = 8;
  EXPECT_THAT(problems_of(config), ::testing::ElementsAre(::testing::HasSubstr("set it to 256")));
  config.image_size = 96;
  EXPECT_THAT(problems_of(config), ::testing::ElementsAre(::testing::HasSubstr("96 is no power of two")));
}

}  // namespace
}  // namespace understudy
