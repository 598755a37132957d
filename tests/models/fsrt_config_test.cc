#include "models/fsrt/fsrt_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config_reader.h"
#include "common/config_writer.h"
#include "common/problems.h"

namespace understudy {
namespace {

TEST(FsrtModelConfig, IsThePublishedModelByDefault) {
  FsrtModelConfig config;
  Problems problems;
  validate(config, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(config.query_width(), 480);
  EXPECT_EQ(config.token_width(), 768);
  EXPECT_EQ(config.resolved_decoder_heads(), 12);
  EXPECT_THAT(config.resolved_render_widths(), ::testing::ElementsAre(1536, 1536, 1536, 1536));
  config.small_decoder = true;
  EXPECT_EQ(config.resolved_decoder_heads(), 6);
  EXPECT_EQ(config.resolved_decoder_hidden(), 768);
  EXPECT_THAT(config.resolved_render_widths(), ::testing::ElementsAre(1536, 768));
}

TEST(FsrtModelConfig, ReadsBackWhatItWrites) {
  FsrtModelConfig written;
  written.image_size = 64;
  written.render_widths = {64, 32};
  written.detector_scale = 0.5;
  const auto describe = [](FsrtModelConfig& config) {
    return [&config](ConfigVisitor& visitor) {
      visitor.section("model", "sizes");
      describe_keys(visitor, config);
    };
  };
  const std::string text = write_config(describe(written));
  FsrtModelConfig read;
  Problems problems;
  read_config(text, "run.toml", {}, describe(read), problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(write_config(describe(read)), text);
  EXPECT_EQ(read.image_size, 64);
}

TEST(FsrtModelConfig, NamesEverySizeThatDoesNotFit) {
  FsrtModelConfig config;
  config.image_size = 100;
  config.discriminator_scales = {0.3};
  config.discriminator_blocks = 8;
  Problems problems;
  validate(config, problems);
  EXPECT_THAT(problems.messages(),
              ::testing::UnorderedElementsAre(::testing::HasSubstr("image_size"),
                                              ::testing::HasSubstr("detector_scale"),
                                              ::testing::HasSubstr("discriminator_scales"),
                                              ::testing::HasSubstr("discriminator_blocks")));
}

}  // namespace
}  // namespace understudy
