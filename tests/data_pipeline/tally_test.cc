#include "data_pipeline/statistics/tally.h"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/philox.h"

namespace understudy {
namespace {

using ::testing::ElementsAre;

TEST(Tally, AgreesWithASortedList) {
  Draws draws(5, Purpose::kTest, 1);
  std::vector<std::uint64_t> values;
  Tally tally;
  std::uint64_t sum = 0;
  for (int i = 0; i < 237; ++i) {
    values.push_back(draws.below(90));
    tally.add(values.back());
    sum += values.back();
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(tally.count(), 237U);
  EXPECT_EQ(tally.min(), values.front());
  EXPECT_EQ(tally.max(), values.back());
  EXPECT_DOUBLE_EQ(tally.mean(), static_cast<double>(sum) / 237.0);
  for (const std::uint32_t percent : {1U, 5U, 50U, 95U, 100U}) {
    const std::size_t rank = (237 * percent + 99) / 100;
    EXPECT_EQ(tally.percentile(percent), values[rank - 1]) << percent << " %";
  }
}

TEST(Tally, TakesAnyNumberOfEqualValuesAtOnce) {
  Tally tally;
  tally.add(4'000'000'000, 4'000'000);
  tally.add(3, 0);
  EXPECT_EQ(tally.count(), 4'000'000U);
  EXPECT_EQ(tally.percentile(1), 4'000'000'000U);
  EXPECT_DOUBLE_EQ(tally.mean(), 4e9);
}

TEST(Histogram, HasRoundEdgesAndCountsEveryValueOnce) {
  Tally tally;
  for (std::uint64_t value = 64; value <= 1024; ++value) tally.add(value);
  const Histogram bins = histogram(tally, 12);
  EXPECT_EQ(bins.width, 100U);
  EXPECT_EQ(bins.first, 0U);
  EXPECT_THAT(bins.counts, ElementsAre(36, 100, 100, 100, 100, 100, 100, 100, 100, 100, 25));
  EXPECT_EQ(bins.edge(11), 1100U);
}

TEST(Histogram, TakesTheNarrowestOfOneTwoFiveThatFits) {
  Tally tally;
  tally.add(7);
  tally.add(26);
  EXPECT_EQ(histogram(tally, 20).width, 1U);
  EXPECT_EQ(histogram(tally, 19).width, 2U);
  EXPECT_EQ(histogram(tally, 10).width, 5U);
  EXPECT_THAT(histogram(tally, 10).counts, ElementsAre(1, 0, 0, 0, 1));
  EXPECT_EQ(histogram(tally, 4).width, 10U);
  EXPECT_EQ(histogram(tally, 1).width, 50U);
}

TEST(Histogram, OfOneValueHasOneBin) {
  Tally tally;
  tally.add(256, 9);
  const Histogram bins = histogram(tally, 40);
  EXPECT_EQ(bins.first, 256U);
  EXPECT_THAT(bins.counts, ElementsAre(9));
  EXPECT_TRUE(histogram(Tally(), 40).counts.empty());
}

}  // namespace
}  // namespace understudy
