#include "trainer/preflight/disk_need.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RunConfig config_of(std::int64_t iterations, const CheckpointConfig& checkpoints) {
  RunConfig config;
  config.max_iterations = iterations;
  config.checkpoints = checkpoints;
  return config;
}

TEST(DiskNeed, AddsUpNewestMultiplesBestAndTheOneBeingWritten) {
  const DiskNeed need = disk_need(
      config_of(1'000'000, {.every = 1000, .keep_newest = 3, .keep_every = 100'000}), 600, /*validated_phases=*/3);
  EXPECT_EQ(need.newest, 3);
  EXPECT_EQ(need.marked, 10);
  EXPECT_EQ(need.best, 3);
  EXPECT_EQ(need.checkpoints(), 17);
  EXPECT_EQ(need.bytes(), 10'200);
}

TEST(DiskNeed, CountsOnlyMultiplesThatAreSaved) {
  EXPECT_EQ(disk_need(config_of(100, {.every = 30, .keep_newest = 2, .keep_every = 40}), 1, 0).marked, 0);
  EXPECT_EQ(disk_need(config_of(240, {.every = 30, .keep_newest = 2, .keep_every = 40}), 1, 0).marked, 2);  // 120, 240
  EXPECT_EQ(disk_need(config_of(120, {.every = 50, .keep_newest = 2, .keep_every = 40}), 1, 0).marked, 1);  // the end
  EXPECT_EQ(disk_need(config_of(120, {.every = 50, .keep_newest = 2, .keep_every = 0}), 1, 0).marked, 0);
}

TEST(DiskNeed, IsNoMoreThanAShortRunSaves) {
  RunConfig config = config_of(5, {.every = 3, .keep_newest = 3, .keep_every = 0});
  EXPECT_EQ(disk_need(config, 1, 0).newest, 2);  // after 3 and at the end
  EXPECT_EQ(disk_need(config, 1, 0).best, 0);
  config.validation.every = 4;
  config.validation.keep_best = 2;
  EXPECT_EQ(disk_need(config, 1, 1).newest, 3);  // after 4 as well, if that is a best
  EXPECT_EQ(disk_need(config, 1, 1).best, 1);
}

TEST(CheckDisk, CountsWhatIsThereAlready) {
  const DiskNeed need{.checkpoint_bytes = 100, .newest = 3, .marked = 5, .best = 1};  // 1000 bytes
  const auto problems_of = [&](std::int64_t free_bytes, std::int64_t present_bytes) {
    Problems problems;
    check_disk(need, {.place = "run", .free_bytes = free_bytes, .present_bytes = present_bytes}, problems);
    return problems.messages();
  };
  EXPECT_THAT(problems_of(1000, 0), IsEmpty());
  EXPECT_THAT(problems_of(999, 0),
              ElementsAre(AllOf(HasSubstr("checkpoints.keep_every"), HasSubstr("10 checkpoints"))));
  EXPECT_THAT(problems_of(600, 400), IsEmpty());
  EXPECT_THAT(problems_of(600, 399), ElementsAre(HasSubstr("beside 0.4 KiB of checkpoints")));
}

}  // namespace
}  // namespace understudy
