#include "trainer/preflight/batch_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr BatchLayout kOfficial{.global_batch = 24, .micro_batch = 8, .statistics_group = 8};

TEST(BatchSplit, GivesEqualSharesWhereTheRanksDivideTheMicroBatches) {
  const BatchSplit split = split_batch(kOfficial, 3);
  EXPECT_EQ(split.micro_batches, 3);
  EXPECT_EQ(split.most, 1);
  EXPECT_TRUE(split.even());
  EXPECT_EQ(split.group_span, 1);
}

TEST(BatchSplit, CountsTheRanksThatHaveMore) {
  const BatchSplit split = split_batch({.global_batch = 10, .micro_batch = 2, .statistics_group = 2}, 3);  // 2, 2, 1
  EXPECT_EQ(split.most, 2);
  EXPECT_EQ(split.least, 1);
  EXPECT_EQ(split.with_most, 2);
  EXPECT_FALSE(split.even());
}

TEST(BatchSplit, CountsTheRanksBehindOneStatisticsGroup) {
  // Six micro-batches on four ranks: 01, 23, 4, 5. Groups of two: 01, 23, and 45 on two ranks.
  EXPECT_EQ(split_batch({.global_batch = 12, .micro_batch = 2, .statistics_group = 4}, 4).group_span, 2);
  EXPECT_EQ(split_batch({.global_batch = 24, .micro_batch = 8, .statistics_group = 24}, 3).group_span, 3);
}

TEST(BatchSplit, RefusesMoreRanksThanMicroBatchesWithTheNumbersThatFit) {
  EXPECT_THAT([] { split_batch(kOfficial, 4); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("4 ranks"), HasSubstr("use 1 to 3 ranks"))));
}

TEST(EvenRankCounts, AreTheDivisors) {
  EXPECT_THAT(even_rank_counts(12), ElementsAre(1, 2, 3, 4, 6, 12));
  EXPECT_THAT(even_rank_counts(5), ElementsAre(1, 5));
}

}  // namespace
}  // namespace understudy
