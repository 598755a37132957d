#include "launcher/captured_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/launcher/search_path.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(CapturedProcess, KeepsOutputErrorsAndExitCodeApart) {
  const CapturedProcess process = run_captured({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, "");
  EXPECT_EQ(process.output, "out\n");
  EXPECT_EQ(process.errors, "err\n");
  EXPECT_EQ(process.exit_code, 3);
}

TEST(CapturedProcess, TakesMoreInputAndOutputThanAPipeHolds) {
  const std::string text(1 << 20, 'x');
  EXPECT_EQ(run_captured({"/bin/cat"}, text).output, text);
}

TEST(CapturedProcess, GivesArgumentsAsTheyAre) {
  EXPECT_EQ(run_captured({"/bin/sh", "-c", "printf '[%s]' \"$@\"", "sh", "a b", "$HOME"}, "").output, "[a b][$HOME]");
}

TEST(CapturedProcess, TellsASignalByItsCode) {
  EXPECT_EQ(run_captured({"/bin/sh", "-c", "kill -9 $$"}, "").exit_code, 137);
}

TEST(CapturedProcess, SaysWhatCannotBeStarted) {
  EXPECT_THAT([] { run_captured({"/nowhere/sbatch"}, ""); },
              ThrowsMessage<ClusterError>(HasSubstr("cannot start /nowhere/sbatch: No such file")));
}

TEST(FindProgram, TakesTheFirstExecutableFileOfThePath) {
  const TemporaryFolder first;
  const TemporaryFolder second;
  std::filesystem::create_directories(first.path() / "tool");
  make_program(second.path() / "tool", "exit 0");
  const SearchPath path(first.path().string() + "::" + second.path().string());
  EXPECT_EQ(find_program("tool"), second.path() / "tool");
  EXPECT_EQ(find_program("other"), "");
  std::filesystem::permissions(second.path() / "tool", std::filesystem::perms::owner_read);
  EXPECT_EQ(find_program("tool"), "");
}

TEST(AnswerOf, HoldsBothStreamsOfAToolInPath) {
  EXPECT_EQ(answer_of({"sh", "-c", "echo out; echo error >&2"}), "out\nerror\n");
  EXPECT_EQ(answer_of({"a-tool-that-is-nowhere"}), "");
}

}  // namespace
}  // namespace understudy
