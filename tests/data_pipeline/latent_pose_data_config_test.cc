#include "data_pipeline/latent_pose_data_config.h"

#include <gtest/gtest.h>

#include "common/config_reader.h"
#include "common/config_writer.h"

namespace understudy {
namespace {

TEST(LatentPoseDataConfig, ReadsItsKeysAndGivesThemBack) {
  LatentPoseDataConfig config;
  Problems problems;
  const DescribeConfig describing = [&](ConfigVisitor& visitor) { describe(visitor, config); };
  read_config("[data]\nuse_affine_shift = false\nofficial_border = false\n", "t.toml", {}, describing, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_FALSE(config.use_affine_shift);
  EXPECT_FALSE(config.official_border);
  EXPECT_TRUE(config.use_affine_scale);
  EXPECT_TRUE(config.use_pixelwise_augs);
  const std::string written = write_config(describing);
  for (const char* key : {"use_pixelwise_augs = true", "use_affine_scale = true", "use_affine_shift = false"}) {
    EXPECT_NE(written.find(key), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace understudy
