#include "trainer/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/support/thread_ranks.h"
#include "tests/support/tiny_set.h"
#include "tests/support/toy_recipe.h"

namespace understudy {
namespace {

class ValidatorTest : public testing::Test {
 protected:
  ValidatorTest() {
    write_tiny_set(place_.path() / "set", {.side = 16});
    sampler_ = std::make_unique<Sampler>(
        std::make_shared<const DataSet>(DataSet::open(place_.path() / "set")), 5, ToyRecipe().episode());
  }

  /// The result on every rank.
  std::vector<std::vector<Term>> validate(int world_size, std::int64_t episodes, std::int64_t micro_batch) const {
    std::vector<std::vector<Term>> results(static_cast<std::size_t>(world_size));
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      at::set_num_threads(1);
      ToyRecipe recipe;
      const Validator validator(
          recipe, *sampler_, {.episodes = episodes, .micro_batch = micro_batch}, {.threads = 1, .prefetch = 2});
      Heartbeat heartbeat;
      results[static_cast<std::size_t>(ranks.rank())] =
          validator.run(recipe, {ranks, heartbeat, [] { return false; }}).value();
    });
    return results;
  }

  TemporaryFolder place_;
  std::unique_ptr<Sampler> sampler_;
};

TEST_F(ValidatorTest, TakesEachEpisodeOnceOnAnyNumberOfRanks) {
  // The mean of 0 ... 6 is 3 only if each of the seven numbers comes exactly once.
  for (const int world_size : {1, 2, 3, 4}) {
    for (const std::vector<Term>& terms : validate(world_size, 7, 2)) {
      ASSERT_EQ(terms.size(), 2U);
      EXPECT_EQ(terms[0], (Term{"number", 3.0})) << world_size;
    }
  }
}

TEST_F(ValidatorTest, GivesTheSameNumbersOnAnyNumberOfRanks) {
  const std::vector<Term> alone = validate(1, 11, 3)[0];
  for (const int world_size : {2, 3, 4}) {
    for (const std::vector<Term>& terms : validate(world_size, 11, 3)) EXPECT_EQ(terms, alone) << world_size;
  }
}

TEST_F(ValidatorTest, ServesMoreRanksThanMicroBatches) {
  const std::vector<Term> alone = validate(1, 3, 2)[0];
  for (const std::vector<Term>& terms : validate(4, 3, 2)) EXPECT_EQ(terms, alone);
}

TEST_F(ValidatorTest, ShowsEpisodesOfTheList) {
  const ToyRecipe recipe;
  const Validator validator(recipe, *sampler_, {.episodes = 3, .micro_batch = 1}, {});
  EXPECT_EQ(validator.episode(2).episodes.front(), sampler_->fixed_list(3)[2]);
  EXPECT_EQ(validator.episode(0).size(), 1);
  EXPECT_EQ(validator.episode(0).tensors[1][0][0].item<std::int64_t>(), 0) << "not prepared for training";
}

TEST_F(ValidatorTest, StopsTogetherWhenOneRankIsAsked) {
  for (const int asked : {0, 2}) {
    std::vector<bool> stopped(3);
    run_on_thread_ranks(3, [&](Communicator& ranks) {
      at::set_num_threads(1);
      ToyRecipe recipe;
      Heartbeat heartbeat;
      int questions = 0;
      const RankContext context{ranks, heartbeat, [&] { return ranks.rank() == asked && ++questions > 2; }};
      const Validator validator(recipe, *sampler_, {.episodes = 12, .micro_batch = 1}, {.threads = 1, .prefetch = 2});
      stopped[static_cast<std::size_t>(ranks.rank())] = !validator.run(recipe, context).has_value();
    });
    EXPECT_THAT(stopped, testing::Each(true)) << asked;
  }
}

}  // namespace
}  // namespace understudy
