#include "data_pipeline/excluded_samples.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(ExcludedSamples, AreReplacedByFarOnes) {
  const std::vector<std::int64_t> numbers{9, 4};
  const ExcludedSamples excluded(numbers);
  EXPECT_EQ(excluded.drawn_for(4), 4 + kStandIn);
  EXPECT_EQ(excluded.drawn_for(9), 9 + kStandIn);
  EXPECT_EQ(excluded.drawn_for(5), 5U);
  EXPECT_EQ(ExcludedSamples().drawn_for(4), 4U);
}

TEST(ExcludedSamples, AreReplacedAgainWhereTheStandInIsExcludedToo) {
  const auto stand_in = static_cast<std::int64_t>(kStandIn);
  const std::vector<std::int64_t> numbers{4 + 2 * stand_in, 4, 4 + stand_in, 7 + stand_in};
  const ExcludedSamples excluded(numbers);
  EXPECT_EQ(excluded.drawn_for(4), 4 + 3 * kStandIn);
  EXPECT_EQ(excluded.drawn_for(7), 7U) << "its stand-in is excluded, not itself";
  EXPECT_EQ(place_of_sample(4 + 3 * kStandIn), 4U);
}

}  // namespace
}  // namespace understudy
