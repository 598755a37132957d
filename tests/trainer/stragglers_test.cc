#include "trainer/watching/stragglers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::optional<std::string> after(Stragglers& stragglers, int iterations, const std::vector<double>& seconds) {
  std::optional<std::string> last;
  for (int i = 0; i < iterations; ++i) last = stragglers.add(seconds);
  return last;
}

TEST(Stragglers, NamesTheSlowRankEveryHundredIterations) {
  Stragglers stragglers({"n1", "n1", "n2", "n2"}, {1, 1, 1, 1});
  EXPECT_FALSE(after(stragglers, 99, {0.5, 0.5, 0.9, 0.52}));
  const auto table = after(stragglers, 1, {0.5, 0.5, 0.9, 0.52});
  ASSERT_TRUE(table);
  EXPECT_THAT(*table,
              AllOf(HasSubstr("rank 2 on node n2: 0.900 s a micro-batch, 1.7 times"), Not(HasSubstr("rank 3"))));
  EXPECT_FALSE(after(stragglers, 100, {0.5, 0.5, 0.6, 0.5})) << "a fifth more is nothing";
}

TEST(Stragglers, LooksPastSingleSlowIterations) {
  Stragglers stragglers({"n1", "n2", "n3"}, {1, 1, 1});
  after(stragglers, 20, {0.5, 9.0, 0.5});
  EXPECT_FALSE(after(stragglers, 80, {0.5, 0.5, 0.5}));
}

TEST(Stragglers, AllowsForSharesOfDifferentSize) {
  Stragglers stragglers({"n1", "n1", "n2"}, {3, 2, 2});
  EXPECT_FALSE(after(stragglers, 100, {1.5, 1.0, 1.0}));
}

TEST(Stragglers, MeasuresOneOfTwoByTheOther) {
  Stragglers stragglers({"n1", "n2"}, {1, 1});
  EXPECT_THAT(after(stragglers, 100, {0.5, 1.0}).value_or(""), HasSubstr("rank 1"));
  Stragglers alone({"n1"}, {1});
  EXPECT_FALSE(after(alone, 200, {5.0}));
}

}  // namespace
}  // namespace understudy
