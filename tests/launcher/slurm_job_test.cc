#include "launcher/slurm_job.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(SlurmJob, IsNothingOutsideOfAJob) {
  unsetenv("SLURM_JOB_ID");
  EXPECT_FALSE(SlurmJob::current());
}

TEST(SlurmJob, ReadsTimesOfTheScheduler) {
  const auto first = time_from_slurm("2026-11-21T10:49:27");
  const auto second = time_from_slurm("2026-11-21T11:00:00");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*second - *first, 633);
  for (const char* text : {"", "N/A", "UNLIMITED", "Unknown", "2026-11-21", "2026-11-21T10:49:27Z"})
    EXPECT_FALSE(time_from_slurm(text)) << text;
}

}  // namespace
}  // namespace understudy
