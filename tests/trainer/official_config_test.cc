#include "trainer/recipes/fsrt/official_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::HasSubstr;

TEST(OfficialConfig, WritesThePublishedValuesByDefault) {
  const std::string yaml = official_config(FsrtRecipeConfig(), RunConfig());
  for (const char* line : {"  num_src: 1\n",
                           "  num_pixels_phase1: 4096\n",
                           "  num_pixels: 16384\n",
                           "    pix_octaves: 16\n    pix_start_octave: -1\n    kp_octaves: 4\n    kp_start_octave: -1\n"
                           "    encode_with_expression: true\n",
                           "  small_decoder: false\n",
                           "  expression_size: 256\n",
                           "  use_disc: true\n",
                           "  batch_size: 24\n",
                           "  iters_in_phase1: 200000\n",
                           "  perceptual_loss_weight: [0.01, 0.01, 0.01, 0.01, 0.01]\n",
                           "  variance_loss_weight: 0.2\n",
                           "  model_selection_mode: maximize\n"}) {
    EXPECT_THAT(yaml, HasSubstr(line));
  }
}

TEST(OfficialConfig, WritesNumbersThatYamlTakesForNumbers) {
  FsrtRecipeConfig config;
  config.losses.variance_weight = 1e-5;
  config.losses.covariance_weight = 2.5e-7;
  const std::string yaml = official_config(config, RunConfig());
  EXPECT_THAT(yaml, HasSubstr("variance_loss_weight: 1.0e-05\n"));
  EXPECT_THAT(yaml, HasSubstr("covariance_loss_weight: 2.5e-07\n"));
}

TEST(OfficialConfig, KnowsWhatThePublishedCodeCanBuild) {
  FsrtModelConfig config;
  EXPECT_TRUE(has_published_sizes(config));
  config.sources = 2;
  config.small_decoder = true;
  config.expression_size = 64;
  config.encode_with_expression = false;
  config.no_gradient_queries = 512;
  EXPECT_TRUE(has_published_sizes(config));
  config.decoder_heads = 6;
  EXPECT_TRUE(has_published_sizes(config)) << "the number that 0 stands for";
  config.detector_width = 16;
  EXPECT_FALSE(has_published_sizes(config));
}

}  // namespace
}  // namespace understudy
