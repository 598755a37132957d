#include "trainer/recipes/fsrt/fsrt_recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/batch_source.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class FsrtRecipeTest : public testing::Test {
 protected:
  FsrtRecipeTest() { at::set_num_threads(1); }
  FsrtRecipe recipe() const { return {config_, settings_.run, make_fsrt_networks(config_, 1, true), nullptr}; }
  RunSettings settings_ = tiny_settings("fsrt");
  FsrtRecipeConfig config_ = fsrt_config(settings_);
};

TEST_F(FsrtRecipeTest, HasTwoPlayersOfWhichOneStartsInPhaseThree) {
  FsrtRecipe fsrt = recipe();
  const std::vector<Player> players = fsrt.players();
  ASSERT_EQ(players.size(), 2U);
  EXPECT_TRUE(players[0].active(0));
  EXPECT_TRUE(players[0].parameters.front().first.starts_with("encoder."));
  EXPECT_FALSE(players[1].active(499'999));
  EXPECT_TRUE(players[1].active(500'000));
}

TEST_F(FsrtRecipeTest, NamesItsPhases) {
  EXPECT_EQ(recipe().phase(199'999), "I");
  EXPECT_EQ(recipe().phase(200'000), "II");
  EXPECT_EQ(recipe().phase(500'000), "III");
  config_.phases.use_discriminator = false;
  EXPECT_EQ(recipe().phase(500'000), "II");
}

TEST_F(FsrtRecipeTest, PreparesTheSameSampleOnceAndAgain) {
  const TemporaryFolder place;
  write_tiny_set(place.path() / "set", {.side = 64});
  FsrtRecipe fsrt = recipe();
  const DataSet set = DataSet::open(place.path() / "set", requirements_of(fsrt.episode()));
  const Episode episode{.sample = 9, .identity = 0, .clip = 1, .frames = {{1, 0}, {1, 2}}};
  const BatchPlan plan{.episodes = {episode}, .index = 0, .use = {.training = true, .iteration = 3}};
  const MicroBatch batch = make_micro_batch(fsrt, set, plan);
  const MicroBatch again = make_micro_batch(fsrt, set, plan);
  for (std::size_t i = 0; i < batch.tensors.size(); ++i) EXPECT_TRUE(batch.tensors[i].equal(again.tensors[i])) << i;
  const FsrtBatch tensors = from_sample(batch.tensors);
  EXPECT_EQ(tensors.source_a1.sizes(), (std::vector<std::int64_t>{1, 1, 3, 32, 32}));
  EXPECT_EQ(tensors.query_pixels.size(1), 64);
  EXPECT_EQ(fsrt.batch_tensors(batch).size(), 12U);
  const at::NoGradGuard no_grad;
  EXPECT_EQ(fsrt.coupled_values(batch).sizes(), (std::vector<std::int64_t>{1, 4, 16}));
}

TEST_F(FsrtRecipeTest, NamesTheKeyOfAMissingVgg) {
  EXPECT_THAT([&] { make_perceptual_network(config_, 1); },
              ThrowsMessage<ConfigError>(HasSubstr("perceptual.weights")));
}

}  // namespace
}  // namespace understudy
