#include "trainer/recipes/fsrt/fsrt_recipe_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

std::vector<std::string> problems_of(const FsrtRecipeConfig& config, const RunConfig& run = {}) {
  Problems problems;
  config.validate(run, problems);
  return problems.messages();
}

TEST(FsrtRecipeConfig, StartsWithTheOfficialValues) {
  const FsrtRecipeConfig config;
  EXPECT_EQ(config.losses.pixel_weight, 1.0);
  EXPECT_THAT(config.losses.perceptual_weights, ElementsAre(0.01, 0.01, 0.01, 0.01, 0.01));
  EXPECT_TRUE(config.losses.statistical_regularization);
  EXPECT_EQ(config.losses.invariance_weight, 1.0);
  EXPECT_EQ(config.losses.variance_weight, 0.2);
  EXPECT_EQ(config.losses.covariance_weight, 1.0);
  EXPECT_EQ(config.losses.generator_gan_weight, 0.001);
  EXPECT_EQ(config.losses.discriminator_gan_weight, 0.001);
  EXPECT_THAT(config.losses.feature_matching_weights, ElementsAre(0.01, 0.01, 0.01, 0.01));
  EXPECT_EQ(config.phases.phase2_start(), 200'000);
  EXPECT_EQ(config.phases.phase3_start(), 500'000);
  EXPECT_EQ(config.phases.discriminator_warmup, 500);
  EXPECT_TRUE(config.phases.use_discriminator);
  EXPECT_FALSE(config.distinct_frames);
  EXPECT_EQ(config.precision, Precision::kFloat32);
  EXPECT_THAT(problems_of(config), IsEmpty());
}

TEST(FsrtRecipeConfig, WantsAWeightForEachTapOfVgg) {
  FsrtRecipeConfig config;
  config.losses.perceptual_weights = {1.0, 1.0};
  EXPECT_THAT(problems_of(config),
              ElementsAre(HasSubstr("losses.perceptual_weights: 2 weights, but VGG-19 has 5 taps")));
}

TEST(FsrtRecipeConfig, WantsAWeightForEachBlockOfTheDiscriminator) {
  FsrtRecipeConfig config;
  config.model.discriminator_blocks = 3;
  EXPECT_THAT(problems_of(config), ElementsAre(HasSubstr("the discriminator has 3 blocks")));
  config.phases.use_discriminator = false;
  EXPECT_THAT(problems_of(config), IsEmpty());
}

TEST(FsrtRecipeConfig, ChecksModelAndDataToo) {
  FsrtRecipeConfig config;
  config.model.image_size = 100;
  EXPECT_FALSE(problems_of(config).empty());
  config = {};
  config.data.query_pixels = 257 * 257;
  EXPECT_FALSE(problems_of(config).empty());
}

TEST(FsrtRecipeConfig, NamesTheKeyOfAMissingWeightFile) {
  const RunSettings settings = tiny_settings("fsrt");
  EXPECT_THAT([&] { settings.recipe->make_recipe(settings.run); },
              ThrowsMessage<ConfigError>(HasSubstr("detector.weights")));
}

}  // namespace
}  // namespace understudy
