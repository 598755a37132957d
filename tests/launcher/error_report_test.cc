#include "launcher/error_report.h"

#include <filesystem>
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

TEST(ErrorReport, NamesTheCause) {
  EXPECT_EQ(cause_of(ConfigError("")), EndCause::kConfig);
  EXPECT_EQ(cause_of(DataError("")), EndCause::kData);
  EXPECT_EQ(cause_of(CheckpointError("")), EndCause::kData);
  EXPECT_EQ(cause_of(SupersededError("")), EndCause::kSuperseded);
  EXPECT_EQ(cause_of(NonFiniteError("")), EndCause::kNotFinite);
  EXPECT_EQ(cause_of(FileError("")), EndCause::kFileSystem);
  EXPECT_EQ(cause_of(StorageError("")), EndCause::kStorage);
  EXPECT_EQ(cause_of(ClusterError("")), EndCause::kCluster);
  EXPECT_EQ(cause_of(std::bad_alloc()), EndCause::kOutOfMemory);
  EXPECT_EQ(cause_of(std::runtime_error("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes")),
            EndCause::kOutOfMemory);
  EXPECT_EQ(cause_of(std::runtime_error("")), EndCause::kDefect);
}

TEST(ErrorReport, BlamesTheFileSystemForWhatItRefuses) {
  const std::filesystem::filesystem_error denied(
      "cannot remove", "/sets/a", std::make_error_code(std::errc::permission_denied));
  EXPECT_EQ(cause_of(denied), EndCause::kFileSystem);
  EXPECT_EQ(exit_code_of(denied), ExitCode::kUsage);
  EXPECT_EQ(message_of(denied).find("/sets/a: Permission denied; look at"), 0U) << message_of(denied);
  EXPECT_EQ(message_of(DataError("a.h5: cut short")), "a.h5: cut short");
}

TEST(ErrorReport, UsesTheNumbersOfSysexits) {
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 78);
  EXPECT_EQ(static_cast<int>(ExitCode::kInternal), 70);
  EXPECT_EQ(static_cast<int>(ExitCode::kRunAgain), 75);
}

}  // namespace
}  // namespace understudy
