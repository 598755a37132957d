#include "trainer/recipes/keypoints/keypoints_recipe.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/batch_source.h"

namespace understudy {
namespace {

TEST(KeypointsRecipe, LearnsFromPicturesWithKnownPoints) {
  at::set_num_threads(1);
  const TemporaryFolder place;
  write_tiny_set(place.path() / "set", {.side = 64});
  const RunSettings settings = tiny_settings("keypoints");
  const auto recipe = settings.recipe->make_recipe(settings.run);
  const DataSet set = DataSet::open(place.path() / "set", requirements_of(recipe->episode()));
  const Episode first{.sample = 1, .identity = 0, .clip = 0, .frames = {{0, 1}}};
  const Episode second{.sample = 2, .identity = 1, .clip = 2, .frames = {{2, 3}}};
  const MicroBatch batch = make_micro_batch(*recipe, set, {.episodes = {first, second}, .use = {.training = true}});
  EXPECT_EQ(batch.tensors[0].sizes(), (std::vector<std::int64_t>{2, 3, 32, 32}));
  EXPECT_EQ(batch.tensors[1].sizes(), (std::vector<std::int64_t>{2, 10, 2}));

  const auto before = recipe->state();
  std::vector<at::Tensor> copies;
  for (const auto& [name, tensor] : before) copies.push_back(tensor.detach().clone());
  const Objective::Result result = recipe->objectives(batch, {}).front().compute();
  ASSERT_EQ(result.terms.size(), 3U);
  EXPECT_NEAR(result.terms[0].second, result.terms[1].second + result.terms[2].second, 1e-5);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(before[i].second.equal(copies[i])) << before[i].first;
  recipe->apply_statistics(result.statistics);
  bool changed = false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].first.ends_with("running_mean")) changed = changed || !before[i].second.equal(copies[i]);
  }
  EXPECT_TRUE(changed) << "running statistics";
  EXPECT_EQ(recipe->validate(batch).size(), 2U);
}

}  // namespace
}  // namespace understudy
