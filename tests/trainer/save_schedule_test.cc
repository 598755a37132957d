#include "trainer/saving/save_schedule.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

using std::chrono::seconds;
constexpr SaveSchedule::Time kStart{};

CheckpointConfig config_of(SaveInterval interval) {
  CheckpointConfig config;
  config.interval = interval;
  config.every = 100;
  config.minutes = 2.0;
  return config;
}

TEST(SaveSchedule, CountsIterations) {
  const SaveSchedule schedule(config_of(SaveInterval::kIterations), {}, kStart);
  EXPECT_FALSE(schedule.due(199, kStart + seconds(100'000)));
  EXPECT_TRUE(schedule.due(200, kStart));
}

TEST(SaveSchedule, CountsMinutesFromTheBeginningOfTheLastSave) {
  SaveSchedule schedule(config_of(SaveInterval::kMinutes), {}, kStart);
  EXPECT_FALSE(schedule.due(100, kStart + seconds(119)));
  EXPECT_TRUE(schedule.due(101, kStart + seconds(120)));
  schedule.saved(kStart + seconds(130), 0.1, 3.0);
  EXPECT_FALSE(schedule.due(102, kStart + seconds(249)));
  EXPECT_TRUE(schedule.due(103, kStart + seconds(250)));
}

TEST(SaveSchedule, CountsMinutesFromASaveThatWasLeftOut) {
  SaveSchedule schedule(config_of(SaveInterval::kMinutes), {}, kStart);
  schedule.skipped(kStart + seconds(125));
  EXPECT_FALSE(schedule.due(101, kStart + seconds(244)));
  EXPECT_TRUE(schedule.due(102, kStart + seconds(245)));
}

TEST(SaveSchedule, ChoosesTheIntervalThatLosesLeast) {
  // Cost 0.5 s, four starts in three days and the day that is expected beforehand: one failure a day.
  SaveSchedule schedule(config_of(SaveInterval::kAuto), {.starts = 4, .seconds = 3 * 86400.0}, kStart);
  EXPECT_DOUBLE_EQ(schedule.interval(), 60.0) << "the first save shows what it costs";
  schedule.saved(kStart, 0.5, 2.0);
  EXPECT_NEAR(schedule.interval(), 293.9388, 1e-4);  // sqrt(2 · 0.5 · 86400)
  schedule.saved(kStart, 0.1, 1.0);
  EXPECT_NEAR(schedule.interval(), 293.9388, 1e-4) << "a lucky save does not count";
}

TEST(SaveSchedule, KeepsStorageIdleNineTenthsOfTheTimeAndSavesEveryHour) {
  SaveSchedule slow_storage(config_of(SaveInterval::kAuto), {}, kStart);
  slow_storage.saved(kStart, 0.001, 90.0);
  EXPECT_DOUBLE_EQ(slow_storage.interval(), 900.0);
  SaveSchedule costly(config_of(SaveInterval::kAuto), {}, kStart);
  costly.saved(kStart, 600.0, 7200.0);
  EXPECT_DOUBLE_EQ(costly.interval(), 3600.0);
}

}  // namespace
}  // namespace understudy
