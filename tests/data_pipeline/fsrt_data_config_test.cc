#include "data_pipeline/fsrt_data_config.h"

#include <gtest/gtest.h>

#include "common/config_reader.h"
#include "common/config_writer.h"

namespace understudy {
namespace {

TEST(FsrtDataConfig, ReadsItsKeysAndGivesThemBack) {
  FsrtDataConfig config;
  Problems problems;
  const DescribeConfig describing = [&](ConfigVisitor& visitor) { describe(visitor, config); };
  read_config(
      "[data]\nquery_pixels = 1024\njitter_hue = 0.0\nhorizontal_flip = false\n", "t.toml", {}, describing, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(config.query_pixels, 1024);
  EXPECT_EQ(config.jitter_hue, 0.0);
  EXPECT_FALSE(config.horizontal_flip);
  EXPECT_EQ(config.query_pixels_phase1, 4096);
  EXPECT_NE(write_config(describing).find("image_subsampling = true"), std::string::npos);
}

TEST(FsrtDataConfig, AcceptsTheOfficialValues) {
  Problems problems;
  validate(FsrtDataConfig{}, 256, problems);
  EXPECT_TRUE(problems.empty());
}

TEST(FsrtDataConfig, NamesQueriesThatDoNotFitThePicture) {
  Problems problems;
  validate(FsrtDataConfig{}, 60, problems);
  ASSERT_EQ(problems.messages().size(), 3U);
  EXPECT_NE(problems.messages()[0].find("16384 queries"), std::string::npos);
  FsrtDataConfig free;
  free.image_subsampling = false;
  free.query_pixels = 1000;
  free.query_pixels_phase1 = 100;
  Problems none;
  validate(free, 60, none);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace understudy
