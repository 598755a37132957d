#include "checkpoints/incarnation.h"

#include <fstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

TEST(Incarnation, CountsFromOne) {
  const TemporaryFolder run;
  EXPECT_EQ(newest_incarnation(run.path()), 0U);
  EXPECT_EQ(take_incarnation(run.path(), {}), 1U);
  EXPECT_EQ(take_incarnation(run.path(), {}), 2U);
  EXPECT_EQ(newest_incarnation(run.path()), 2U);
  EXPECT_NO_THROW(require_newest_incarnation(run.path(), 2));
  EXPECT_THROW(require_newest_incarnation(run.path(), 1), CheckpointError);
}

TEST(Incarnation, HasAFile) {
  const TemporaryFolder run;
  take_incarnation(run.path(), {});
  EXPECT_TRUE(std::filesystem::exists(incarnation_file(run.path(), 1)));
  EXPECT_FALSE(std::filesystem::exists(incarnation_file(run.path(), 2)));
}

TEST(Incarnation, StartsAtTheSameMomentGetNumbersOfTheirOwn) {
  const TemporaryFolder run;
  std::vector<std::uint64_t> numbers(8);
  std::vector<std::thread> starts;
  for (std::uint64_t& number : numbers) starts.emplace_back([&] { number = take_incarnation(run.path(), {}); });
  for (std::thread& start : starts) start.join();
  EXPECT_THAT(numbers, testing::UnorderedElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(Incarnation, KnowsWhatALaterStartDidNotSee) {
  const TemporaryFolder run;
  take_incarnation(run.path(), {});
  take_incarnation(run.path(), {10});
  EXPECT_FALSE(superseded_by(run.path(), 10, 1));
  EXPECT_EQ(superseded_by(run.path(), 20, 1), 2U);
  EXPECT_FALSE(superseded_by(run.path(), 20, 2));
}

TEST(Incarnation, SaysWhichFileIsDamaged) {
  const TemporaryFolder run;
  take_incarnation(run.path(), {});
  take_incarnation(run.path(), {});
  std::ofstream(run.path() / "incarnations" / "000002") << "x";
  EXPECT_THAT([&] { superseded_by(run.path(), 1, 1); },
              testing::ThrowsMessage<CheckpointError>(testing::HasSubstr("000002: is damaged")));
}

}  // namespace
}  // namespace understudy
