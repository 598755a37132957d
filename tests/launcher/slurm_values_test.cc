#include "launcher/slurm_values.h"

#include <gtest/gtest.h>

#include "common/config.h"

namespace understudy {
namespace {

TEST(SlurmTime, IsReadInEveryFormOfSbatch) {
  EXPECT_EQ(parse_slurm_time("90"), 90 * 60);
  EXPECT_EQ(parse_slurm_time("90:30"), 90 * 60 + 30);
  EXPECT_EQ(parse_slurm_time("24:00:00"), 24 * 3600);
  EXPECT_EQ(parse_slurm_time("01:02:03"), 3723);
  EXPECT_EQ(parse_slurm_time("2-12"), 60 * 3600);
  EXPECT_EQ(parse_slurm_time("1-00:30"), 86400 + 1800);
  EXPECT_EQ(parse_slurm_time("1-01:00:05"), 86400 + 3605);
  EXPECT_EQ(parse_slurm_time("0"), kNoLimit);
  EXPECT_EQ(parse_slurm_time("UNLIMITED"), kNoLimit);
}

TEST(SlurmTime, IsNothingElse) {
  for (const std::string_view text :
       {"", "1d", "1h", "1:2:3:4", ":30", "1:", "-1", "1-", "1-2-3", "1.5", " 1", "12345678901", "+1", "1-2:3:4:5"}) {
    EXPECT_FALSE(parse_slurm_time(text)) << text;
  }
}

TEST(SlurmMemory, IsAWholeNumberWithAtMostOneUnit) {
  for (const std::string_view text : {"0", "4000", "64G", "64g", "1T", "512M", "1K"})
    EXPECT_TRUE(is_slurm_memory(text)) << text;
  for (const std::string_view text : {"", "G", "64GB", "64 G", "1.5G", "-1", "64Gi", "all"})
    EXPECT_FALSE(is_slurm_memory(text)) << text;
}

TEST(OneLine, HasNoControlCharacter) {
  EXPECT_TRUE(fits_on_one_line("runs/für später"));
  EXPECT_FALSE(fits_on_one_line("a\nb"));
  EXPECT_FALSE(fits_on_one_line("a\rb"));
}

}  // namespace
}  // namespace understudy
