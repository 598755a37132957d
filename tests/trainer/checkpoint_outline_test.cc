#include "trainer/preflight/checkpoint_outline.h"

#include <gtest/gtest.h>

#include "tests/support/toy_recipe.h"
#include "trainer/step_engine.h"

namespace understudy {
namespace {

TEST(OptimizerOutline, HasTheNamesAndShapesOfTheState) {
  ToyRecipe recipe;
  RunConfig run;
  run.batch = {.global_batch = 1, .micro_batch = 1, .statistics_group = 1};
  const auto alone = single_rank();
  Heartbeat heartbeat;
  const StepEngine engine(recipe, run, *alone, heartbeat);
  const NamedTensors wanted = engine.optimizer_state();
  const NamedTensors outline = optimizer_outline(recipe.players());
  ASSERT_EQ(outline.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(outline[i].first, wanted[i].first);
    EXPECT_EQ(outline[i].second.sizes(), wanted[i].second.sizes());
    EXPECT_EQ(outline[i].second.scalar_type(), wanted[i].second.scalar_type());
  }
}

TEST(CheckpointFileBytes, AreThoseOfBothFiles) {
  // A header of 8 bytes' length, {"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} padded to 56, and 8 of data.
  const NamedTensors two{{"w", torch::zeros({2})}};
  EXPECT_EQ(checkpoint_file_bytes(two, two), 2 * (8 + 56 + 8));
}

}  // namespace
}  // namespace understudy
