#include "launcher/wall_time.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(WallTime, LeavesTimeForALastTurnAndItsSave) {
  EXPECT_EQ(lead_seconds(Watchdog()), 35.0) << "5 s, and 3 x 10 s for a save that was never measured";
  Watchdog watchdog;
  RankStatus status;
  status.gaps[static_cast<std::size_t>(Section::kStep)] = {.count = 100, .p99_seconds = 4.0};
  status.gaps[static_cast<std::size_t>(Section::kSave)] = {.count = 2, .p99_seconds = 20.0};
  watchdog.learn(status);
  EXPECT_EQ(lead_seconds(watchdog), 5.0 + 8.0 + 60.0);
}

TEST(WallTime, NeverEndsOutsideOfAJob) {
  const std::optional<SlurmJob> no_job;
  EXPECT_FALSE(WallTime(no_job).is_up(Watchdog()));
}

}  // namespace
}  // namespace understudy
