#include "models/blocks/backbone_config.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(MobileNetConfig, RoundsScaledWidthsToMultiplesOfEight) {
  const MobileNetConfig config{.width_multiplier = 0.35};
  EXPECT_EQ(config.scaled(32), 16);  // 11.2; 8 is below nine tenths of it
  EXPECT_EQ(config.scaled(16), 8);   // 5.6
  EXPECT_EQ(config.scaled(24), 8);   // 8.4
  EXPECT_EQ(config.scaled(160), 56);
  EXPECT_EQ(MobileNetConfig{}.scaled(24), 24);
}

TEST(MobileNetConfig, WidensTheLastConvolutionButNeverNarrowsIt) {
  EXPECT_EQ(MobileNetConfig{.width_multiplier = 0.35}.feature_channels(), 1280);
  EXPECT_EQ(MobileNetConfig{.width_multiplier = 1.4}.feature_channels(), 1792);
}

}  // namespace
}  // namespace understudy
