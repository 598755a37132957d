#include "trainer/recipes/keypoints/keypoints_recipe_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

std::vector<std::string> problems_of(const KeypointsRecipeConfig& config, const RunConfig& run = {}) {
  Problems problems;
  config.validate(run, problems);
  return problems.messages();
}

TEST(KeypointsRecipeConfig, ValidatesOnADistanceThatShouldFall) {
  RunConfig run;
  KeypointsRecipeConfig().set_defaults(run);
  EXPECT_EQ(run.validation.metric, "point_error");
  EXPECT_EQ(run.validation.mode, MetricMode::kMinimise);
  EXPECT_EQ(run.max_iterations, 100'000);
  EXPECT_THAT(problems_of({}, run), IsEmpty());
}

TEST(KeypointsRecipeConfig, WantsTheTenPointsOfTheLandmarks) {
  KeypointsRecipeConfig config;
  config.model.keypoints = 15;
  EXPECT_THAT(problems_of(config),
              ElementsAre(AllOf(HasSubstr("model.keypoints"), HasSubstr("15"), HasSubstr("10 points"))));
}

TEST(KeypointsRecipeConfig, WantsTwoSamplesForBatchNorm) {
  RunConfig run;
  run.batch.micro_batch = 1;
  EXPECT_THAT(problems_of({}, run), ElementsAre(AllOf(HasSubstr("batch.micro_batch"), HasSubstr("2 samples"))));
}

TEST(KeypointsRecipeConfig, HasNoReplay) {
  EXPECT_THAT([] { KeypointsRecipeConfig().replay({.recipe = "keypoints"}, {}, {}); },
              ThrowsMessage<ConfigError>(HasSubstr("recipe keypoints has no replay")));
}

}  // namespace
}  // namespace understudy
