#include "trainer/preflight/memory_need.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A generator of 100 numbers, and a discriminator of 50 that steps from iteration 10 on.
std::vector<Player> players() {
  return {{.name = "generator", .parameters = {{"w", torch::zeros({100})}}, .adam = {}, .learning_rate = {}},
          {.name = "discriminator",
           .parameters = {{"w", torch::zeros({50})}},
           .adam = {},
           .learning_rate = {},
           .active = [](Iteration iteration) { return iteration >= 10; }}};
}

class MemoryNeedTest : public testing::Test {
 protected:
  MemoryNeedTest() {
    run_.batch = {.global_batch = 8, .micro_batch = 2, .statistics_group = 2};
    run_.loader_threads = 1;
    run_.prefetch = 3;
    run_.read_threads = 2;
    run_.read_ahead = 5;
    run_.max_iterations = 20;
    facts_.players = players();
  }

  MemoryNeed need(std::int64_t ranks) const {
    return memory_need(run_, plan_, facts_, split_batch(run_.batch, ranks), ranks);
  }

  RunConfig run_;
  RecipePlan plan_{
      .phases = {{"I", 0, 5000}, {"III", 10, 6000}}, .validation_bytes = 70, .frozen_bytes = 11, .picture_size = 0};
  MemoryFacts facts_{
      .state_bytes = 1000, .optimizer_bytes = 1200, .sample_bytes = 7, .episode_bytes = 3, .players = {}};
};

TEST_F(MemoryNeedTest, AddsUpWhatLasts) {
  const MemoryNeed memory = need(1);
  EXPECT_EQ(memory.weights_bytes, 1011);
  EXPECT_EQ(memory.optimizer_bytes, 1200);
  // Two samples each: four of its own and three ahead, then five read and one being decoded, as they are stored.
  EXPECT_EQ(memory.batches_bytes, 2 * ((4 + 3) * 7 + (5 + 1) * 3));
  EXPECT_EQ(memory.lasting_bytes(), memory.program_bytes + 1011 + 1200 + 134);
}

TEST_F(MemoryNeedTest, HoldsSumsOfThePlayersThatStep) {
  const MemoryNeed memory = need(1);
  ASSERT_EQ(memory.phases.size(), 2U);
  EXPECT_EQ(memory.phases[0].gradient_set_bytes, 400);
  EXPECT_EQ(memory.phases[0].held_sets, 2);  // (0 1) and 2 while 3 is computed
  EXPECT_EQ(memory.phases[0].peak_bytes, 5000 + 2 * 400);
  EXPECT_EQ(memory.phases[1].peak_bytes, 6000 + 2 * 600);
  EXPECT_EQ(memory.largest_phase()->name, "III");
  EXPECT_EQ(memory.peak_bytes(), memory.lasting_bytes() + 7200);
}

TEST_F(MemoryNeedTest, TakesTheExchangeWhereItIsMore) {
  plan_.phases = {{"I", 0, 10}};
  // Two micro-batches a rank: one sum at the end, the gradients just computed, and three windows of a set's size.
  EXPECT_EQ(need(2).phases[0].peak_bytes, 2 * 400 + 3 * 400);
}

TEST_F(MemoryNeedTest, CountsBucketsOfTheFastExchange) {
  run_.reduction = GradientReduction::kFast;
  EXPECT_EQ(need(1).phases[0].peak_bytes, 5000 + 2 * 400);
  EXPECT_EQ(need(4).phases[0].peak_bytes, 5000 + 400);  // a single micro-batch: nothing waits beside the buckets
}

TEST_F(MemoryNeedTest, LeavesOutPhasesThatTheRunDoesNotReach) {
  run_.max_iterations = 10;
  EXPECT_EQ(need(1).phases.size(), 1U);
}

TEST_F(MemoryNeedTest, TakesValidationWhereItIsMore) {
  plan_.validation_bytes = 9000;
  EXPECT_EQ(need(1).peak_bytes(), need(1).lasting_bytes() + 9000);
}

TEST_F(MemoryNeedTest, ReadsNothingAheadWithoutReadThreads) {
  run_.read_threads = 0;
  EXPECT_EQ(need(1).batches_bytes, 2 * ((4 + 3) * 7 + 1 * 3));
}

TEST_F(MemoryNeedTest, PreparesNothingAheadWithoutLoaderThreads) {
  run_.loader_threads = 0;
  EXPECT_EQ(need(1).batches_bytes, 4 * 2 * 7);
}

TEST(CheckMemory, ComparesTheRanksOfANode) {
  const MemoryNeed small{.program_bytes = 100, .batches_bytes = 10, .phases = {{.name = "I", .peak_bytes = 40}}};
  const auto problems_of = [](const MemoryNeed& need, const RankLayout& layout) {
    Problems problems;
    check_memory(need, layout, 299, problems);
    return problems.messages();
  };
  EXPECT_THAT(problems_of(small, {.nodes = 8, .ranks_per_node = 1}), IsEmpty());
  EXPECT_THAT(problems_of(small, {.nodes = 1, .ranks_per_node = 2}),
              ElementsAre(AllOf(HasSubstr("batch.micro_batch"), HasSubstr("2 ranks on a node"))));
  EXPECT_THAT(problems_of(small, {.nodes = 1, .ranks_per_node = 2, .on_gpus = true}), IsEmpty());
  const MemoryNeed prefetching{.program_bytes = 100, .batches_bytes = 200, .phases = {{.name = "I", .peak_bytes = 40}}};
  EXPECT_THAT(problems_of(prefetching, {}), ElementsAre(HasSubstr("make data.prefetch smaller")));
}

TEST(HeldSets, FollowTheTree) {
  EXPECT_EQ(held_sets(1, 0, 1).before_last, 0);
  EXPECT_EQ(held_sets(8, 0, 8).before_last, 3);  // (0 1 2 3), (4 5) and 6 while 7 is computed
  EXPECT_EQ(held_sets(8, 0, 8).at_the_end, 1);
  EXPECT_EQ(held_sets(5, 3, 2).before_last, 1);
  EXPECT_EQ(held_sets(5, 3, 2).at_the_end, 2);  // 3 and 4 have no common parent in this run
}

}  // namespace
}  // namespace understudy
