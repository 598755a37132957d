#include "trainer/recipe_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/recipes/registry.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(RecipeNames, AreListedWhenAnotherIsAskedFor) {
  EXPECT_THAT(recipe_names(), ElementsAre("fsrt", "keypoints", "latent_pose"));
  EXPECT_THAT([] { make_recipe_config("keypoint"); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("\"keypoint\""),
                                               HasSubstr("there are fsrt, keypoints, latent_pose"),
                                               HasSubstr("did you mean keypoints?"))));
  EXPECT_THAT([] { RunSettings::read("[recipe]\nname = \"nerf\"", "run.toml", {}); },
              ThrowsMessage<ConfigError>(HasSubstr("there are fsrt, keypoints, latent_pose")));
}

TEST(RunSettings, TakeTheRecipeFromTheFileOrFromAnOverride) {
  EXPECT_EQ(RunSettings::read("", "run.toml", {}).run.recipe, "fsrt");
  const RunSettings from_file = RunSettings::read("[recipe]\nname = \"keypoints\"", "run.toml", {});
  EXPECT_EQ(from_file.run.validation.metric, "point_error");
  const RunSettings overridden =
      RunSettings::read("[recipe]\nname = \"fsrt\"", "run.toml", {{.key = "recipe.name", .value = "keypoints"}});
  EXPECT_EQ(overridden.run.recipe, "keypoints");
  EXPECT_EQ(overridden.run.validation.mode, MetricMode::kMinimise);
}

TEST(RunSettings, TakeDefaultsFromTheStage) {
  const RunSettings meta = RunSettings::defaults("latent_pose");
  EXPECT_EQ(meta.run.optimizer.learning_rate, 5e-5);
  EXPECT_EQ(meta.run.optimizer.adam.kind, AdamKind::kAdam);
  const RunSettings person =
      RunSettings::read("[recipe]\nname = \"latent_pose\"\nstage = \"finetune\"", "run.toml", {});
  EXPECT_EQ(person.run.optimizer.learning_rate, 5e-4);
  EXPECT_EQ(person.run.optimizer.adam.kind, AdamKind::kRAdam);
  EXPECT_THAT(person.text(), HasSubstr("average_decay = 0.972"));
}

TEST(RunSettings, TakeTheStatisticsGroupFromTheMicroBatch) {
  const std::string batch = "[batch]\nglobal_batch = 8\nmicro_batch = 4\n";
  EXPECT_EQ(RunSettings::read(batch, "run.toml", {}).run.batch.statistics_group, 4);
  EXPECT_EQ(RunSettings::read(batch + "statistics_group = 8", "run.toml", {}).run.batch.statistics_group, 8);
  RunSettings settings = RunSettings::defaults("latent_pose", "finetune");
  settings.read_onto(batch, "person.toml", {});
  EXPECT_EQ(settings.run.batch.statistics_group, 4);
}

TEST(RunSettings, SurviveTheWayThroughText) {
  for (const std::string& name : recipe_names()) {
    const std::string list = name == "latent_pose" ? "model.identity_blocks" : "model.render_widths";
    const std::string text = RunSettings::read(RunSettings::defaults(name).text(), "defaults", {}).text();
    EXPECT_EQ(RunSettings::read(text, "resolved.toml", {}).text(), text);

    const std::string changed = RunSettings::read(text,
                                                  "resolved.toml",
                                                  {{.key = "run.seed", .value = "41"},
                                                   {.key = "optimizer.learning_rate", .value = "3.0000000000000001e-5"},
                                                   {.key = "trainer.on_nonfinite", .value = "rollback"},
                                                   {.key = "data.train", .value = "\"a b/\\\"c\\\"\""},
                                                   {.key = list, .value = "[8, 16]"}})
                                    .text();
    EXPECT_NE(changed, text);
    const RunSettings again = RunSettings::read(changed, "resolved.toml", {});
    EXPECT_EQ(again.text(), changed);
    EXPECT_EQ(again.run.seed, 41);
    EXPECT_EQ(again.run.optimizer.learning_rate, 3e-5);
    EXPECT_EQ(again.run.faults.on_nonfinite, FaultPolicy::kRollback);
    EXPECT_THAT(again.run.train_sets, ElementsAre("a b/\"c\""));
  }
}

TEST(RunSettings, ReadCheckpointsOfBeforeTheSectionTrainer) {
  std::string text = RunSettings::defaults("fsrt").text();
  const auto begin = text.find("[trainer]");
  text.erase(begin, text.find("\n\n", begin) + 2 - begin);
  text.insert(text.find("[run]\n") + 6, "non_finite = \"skip\"\n");
  const RunSettings settings = RunSettings::read(text, "manifest.json", {});
  EXPECT_EQ(settings.run.faults.on_nonfinite, FaultPolicy::kSkip);
  EXPECT_THAT(settings.text(), testing::Not(HasSubstr("non_finite")));
}

TEST(RunSettings, ReportUnknownKeysAndImpossibleValuesTogether) {
  EXPECT_THAT(
      [] { RunSettings::read("[run]\nseeds = 3\nlog_every = 0\n[phases]\nphase1_iterations = -1", "run.toml", {}); },
      ThrowsMessage<ConfigError>(AllOf(HasSubstr("run.toml: 3 problems"),
                                       HasSubstr("seeds"),
                                       HasSubstr("log_every"),
                                       HasSubstr("phase1_iterations"))));
}

TEST(RunSettings, MixSetsByWeight) {
  const RunSettings settings =
      RunSettings::read("[data]\ntrain = ['a', 'b']\nweights = [2, 1]\nbalance = 'frame'", "run.toml", {});
  EXPECT_THAT(settings.run.train_sets, ElementsAre("a", "b"));
  EXPECT_THAT(settings.run.weights, ElementsAre(2.0, 1.0));
  EXPECT_EQ(settings.run.balance, Balance::kFrame);
  EXPECT_EQ(RunSettings::read(settings.text(), "resolved.toml", {}).text(), settings.text());
}

TEST(RunSettings, RefuseWeightsThatFitNoSets) {
  EXPECT_THAT([] { RunSettings::read("[data]\ntrain = ['a', '']\nweights = [2, 0, 1]", "run.toml", {}); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("run.toml: 3 problems"),
                                               HasSubstr("entry 2 of 2 names no set"),
                                               HasSubstr("0 is not positive"),
                                               HasSubstr("3 weights, but data.train names 2 sets"))));
  EXPECT_THAT([] { RunSettings::read("[data]\nweights = [-1]", "run.toml", {}); },
              ThrowsMessage<ConfigError>(HasSubstr("must lie between 0 and")));
  EXPECT_NO_THROW(RunSettings::read("[data]\nweights = [2, 1]", "run.toml", {})) << "the sets may come by --set";
}

TEST(RunSettings, CanBeReadAsFarAsTheyAreRight) {
  Problems problems;
  const auto settings =
      RunSettings::read("[run]\nseeds = 3\nlog_every = 7\n[batch]\nmicro_batch = 5", "run.toml", {}, problems);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->run.log_every, 7);
  EXPECT_THAT(problems.messages(), ElementsAre(HasSubstr("run.toml:2: run.seeds")));  // keys first, then across keys
  EXPECT_FALSE(RunSettings::read("[run", "run.toml", {}, problems));
  EXPECT_FALSE(RunSettings::read("[recipe]\nname = \"nerf\"", "run.toml", {}, problems));
  EXPECT_EQ(problems.messages().size(), 3U);
}

TEST(RunSettings, RefuseKeysOfAnotherRecipe) {
  EXPECT_THAT(
      [] { RunSettings::read("[recipe]\nname = \"keypoints\"\n[phases]\nphase1_iterations = 1", "run.toml", {}); },
      ThrowsMessage<ConfigError>(HasSubstr("phases")));
}

TEST(RunSettings, ReportCrossFieldProblemsOfRunAndRecipeTogether) {
  EXPECT_THAT(
      [] {
        RunSettings::read(
            "[batch]\nglobal_batch = 24\nmicro_batch = 5\n[losses]\nperceptual_weights = [1.0]", "run.toml", {});
      },
      ThrowsMessage<ConfigError>(AllOf(HasSubstr("2 problems"), HasSubstr("try 20 or 25"), HasSubstr("5 taps"))));
}

}  // namespace
}  // namespace understudy
