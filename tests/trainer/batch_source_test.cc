#include "trainer/batch_source.h"

#include <gtest/gtest.h>

#include "common/errors.h"
#include "data_pipeline/mixed_sampler.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/support/toy_recipe.h"

namespace understudy {
namespace {

constexpr BatchLayout kLayout{.global_batch = 6, .micro_batch = 2, .statistics_group = 0};

class BatchSource : public testing::Test {
 protected:
  BatchSource() {
    at::set_num_threads(1);
    write_tiny_set(place_.path() / "set", {.side = 16});
    sampler_ = std::make_unique<Sampler>(
        std::make_shared<const DataSet>(DataSet::open(place_.path() / "set")), 11, recipe_.episode());
  }

  std::vector<MicroBatch> training(MicroBatchRange range,
                                   Iteration first,
                                   int count,
                                   const LoaderOptions& options) const {
    TrainingBatches batches(recipe_, *sampler_, kLayout, range, first, options);
    std::vector<MicroBatch> all;
    for (int i = 0; i < count; ++i) all.push_back(batches.next());
    return all;
  }

  TemporaryFolder place_;
  ToyRecipe recipe_;
  std::unique_ptr<Sampler> sampler_;
};

void expect_same(const MicroBatch& a, const MicroBatch& b) {
  EXPECT_EQ(a.iteration, b.iteration);
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.episodes, b.episodes);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) EXPECT_TRUE(a.tensors[i].equal(b.tensors[i]));
}

TEST_F(BatchSource, GivesTheSameBatchesForAnyThreadsAndPrefetch) {
  const std::vector<MicroBatch> alone = training({0, 3}, 0, 9, {.threads = 0, .prefetch = 1});
  for (const auto& [threads, prefetch] : {std::pair{1, 1}, std::pair{3, 2}, std::pair{4, 8}}) {
    const std::vector<MicroBatch> found = training({0, 3}, 0, 9, {.threads = threads, .prefetch = prefetch});
    for (std::size_t i = 0; i < found.size(); ++i) expect_same(found[i], alone[i]);
  }
}

TEST_F(BatchSource, NumbersSamplesByIterationAndSlot) {
  const std::vector<MicroBatch> batches = training({0, 3}, 5, 4, {});
  EXPECT_EQ(batches[0].iteration, 5);
  EXPECT_EQ(batches[3].iteration, 6);
  EXPECT_EQ(batches[3].index, 0);
  EXPECT_EQ(batches[2].episodes[1].sample, 5U * 6 + 2 * 2 + 1);
  EXPECT_EQ(batches[2].episodes[1], sampler_->episode(35));
  ASSERT_EQ(batches[2].tensors[0].sizes(), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(batches[2].tensors[0][1][0].item<float>(), 35.0F / 8);
  EXPECT_EQ(batches[2].tensors[1][1][0].item<std::int64_t>(), 1) << "prepared for training";
  EXPECT_EQ(batches[2].tensors[1][1][1].item<std::int64_t>(), 5);
}

TEST_F(BatchSource, GivesARankItsShareOfTheSameGlobalBatch) {
  const std::vector<MicroBatch> all = training({0, 3}, 0, 6, {});
  const std::vector<MicroBatch> second = training({2, 3}, 0, 2, {});
  expect_same(second[0], all[2]);
  expect_same(second[1], all[5]);
}

/// Its samples are the width of their frames.
class MeasuringRecipe final : public ToyRecipe {
 public:
  Sample prepare(const EpisodeFrames& frames, const SampleUse&) const override {
    return {torch::tensor(static_cast<std::int64_t>(frames.frame_size().width))};
  }
};

TEST_F(BatchSource, PreparesEachSampleOfAMixtureFromItsOwnSet) {
  write_tiny_set(place_.path() / "other", {.identities = 1, .clips = 1, .side = 24});
  std::vector<std::shared_ptr<const DataSet>> sets;
  for (const char* name : {"set", "other"})
    sets.push_back(std::make_shared<const DataSet>(DataSet::open(place_.path() / name)));
  const MixedSampler mixed(sets, {}, 11, recipe_.episode(), Balance::kIdentity);
  const MeasuringRecipe recipe;
  TrainingBatches batches(recipe, mixed, kLayout, {0, 3}, 0, {});
  const MicroBatch batch = batches.next();
  EXPECT_TRUE(batch.tensors[0].equal(torch::tensor({std::int64_t{24}, std::int64_t{16}})));
  EXPECT_EQ(batch.episodes[1], mixed.episode(1));
}

TEST_F(BatchSource, ContinuesWhereAResumeBegins) {
  const std::vector<MicroBatch> all = training({0, 3}, 0, 9, {});
  const std::vector<MicroBatch> resumed = training({0, 3}, 2, 3, {});
  for (std::size_t i = 0; i < 3; ++i) expect_same(resumed[i], all[6 + i]);
}

TEST_F(BatchSource, GoesThroughAValidationListOnceWithAShortEnd) {
  const std::vector<Episode> list = sampler_->fixed_list(5);
  ValidationBatches batches(recipe_, *sampler_, list, 2, {0, 3}, {.threads = 2, .prefetch = 8});
  std::vector<Episode> seen;
  for (int i = 0; i < 3; ++i) {
    const MicroBatch batch = batches.next();
    EXPECT_EQ(batch.index, i);
    EXPECT_EQ(batch.tensors[0].size(0), batch.size());
    EXPECT_EQ(batch.tensors[1].select(1, 0).sum().item<std::int64_t>(), 0) << "not prepared for training";
    seen.insert(seen.end(), batch.episodes.begin(), batch.episodes.end());
  }
  EXPECT_EQ(seen, list);
}

TEST_F(BatchSource, ThrowsWhatPreparingASampleThrew) {
  recipe_.unreadable_sample = 3;
  for (const std::int64_t threads : {0, 2}) {
    TrainingBatches batches(recipe_, *sampler_, kLayout, {0, 3}, 0, {.threads = threads, .prefetch = 2});
    EXPECT_EQ(batches.next().index, 0);
    EXPECT_THROW(batches.next(), DataError);
  }
}

}  // namespace
}  // namespace understudy
