#include "launcher/error_report.h"

#include <new>

#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

TEST(ErrorReport, TellsTheUsersMistakesFromDefects) {
  EXPECT_EQ(exit_code_of(ConfigError("")), ExitCode::kUsage);
  EXPECT_EQ(exit_code_of(DataError("")), ExitCode::kUsage);
  EXPECT_EQ(exit_code_of(CheckpointError("")), ExitCode::kUsage);
  EXPECT_EQ(exit_code_of(FileError("")), ExitCode::kUsage);
  EXPECT_EQ(exit_code_of(ShapeError("")), ExitCode::kUsage);
  EXPECT_EQ(exit_code_of(ClusterError("")), ExitCode::kInternal);
  EXPECT_EQ(exit_code_of(NonFiniteError("")), ExitCode::kInternal);
  EXPECT_EQ(exit_code_of(std::runtime_error("")), ExitCode::kInternal);
  EXPECT_EQ(exit_code_of(std::bad_alloc()), ExitCode::kInternal);
}

TEST(ErrorReport, UsesTheNumbersOfSysexits) {
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 78);
  EXPECT_EQ(static_cast<int>(ExitCode::kInternal), 70);
  EXPECT_EQ(static_cast<int>(ExitCode::kRunAgain), 75);
}

}  // namespace
}  // namespace understudy
