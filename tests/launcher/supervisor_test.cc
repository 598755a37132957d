#include "launcher/supervisor.h"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clusters/outcome.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::HasSubstr;

class Supervisor : public testing::Test {
 protected:
  /// Shell text in the place of mpirun; $OUTCOME is the outcome file and $STARTS a file beside it.
  LaunchOptions options_with(const std::string& script) {
    const auto mpirun = folder_.path() / "mpirun";
    write_file_atomically(
        mpirun, fmt::format("#!/bin/sh\nOUTCOME={}\nSTARTS={}\n{}\n", outcome_.string(), starts_.string(), script));
    std::filesystem::permissions(mpirun, std::filesystem::perms::owner_all);
    LaunchOptions options;
    options.starter.mpirun = mpirun.string();
    options.run_directory = folder_.path();
    options.back_off = std::chrono::milliseconds(0);
    options.max_restarts = 0;
    return options;
  }
  std::string starts() const { return read_file(starts_); }

  TemporaryFolder folder_;
  std::filesystem::path outcome_ = folder_.path() / "outcome.json";
  std::filesystem::path starts_ = folder_.path() / "starts";
};

TEST_F(Supervisor, ReturnsTheCodeOfTheOutcome) {
  const std::vector<std::pair<std::string, int>> codes{
      {"done", 0}, {"run_again", 75}, {"config", 78}, {"internal", 70}};
  for (const auto& [word, code] : codes) {
    // mpirun's own code says less than the outcome, whatever it is.
    const LaunchOptions options =
        options_with(fmt::format("echo '{{\"outcome\": \"{}\", \"message\": \"m\"}}' > $OUTCOME; exit 1", word));
    EXPECT_EQ(supervise(options, {"train"}), code) << word;
  }
}

TEST_F(Supervisor, StartsACrashedRunAgainAsOftenAsAllowed) {
  LaunchOptions options = options_with("echo start >> $STARTS; kill -9 $$");
  options.max_restarts = 2;
  EXPECT_EQ(supervise(options, {"train"}), 70);
  EXPECT_EQ(starts(), "start\nstart\nstart\n");
}

TEST_F(Supervisor, EndsWellWhenARestartDoes) {
  LaunchOptions options = options_with(
      "echo start >> $STARTS; [ $(wc -l < $STARTS) = 2 ] || exit 137; echo '{\"outcome\": \"done\"}' > $OUTCOME");
  options.max_restarts = 5;
  EXPECT_EQ(supervise(options, {"train"}), 0);
  EXPECT_EQ(starts(), "start\nstart\n");
}

TEST_F(Supervisor, DoesNotTakeAFormerOutcomeForThisOne) {
  write_outcome(outcome_, {ExitCode::kDone, "yesterday"});
  EXPECT_EQ(supervise(options_with("exit 134"), {"train"}), 70);
  EXPECT_FALSE(std::filesystem::exists(outcome_));
}

TEST_F(Supervisor, PassesOnTheCodeOfACommandThatEndedBeforeTheRun) {
  LaunchOptions options = options_with("echo start >> $STARTS; exit 78");
  options.max_restarts = 3;
  EXPECT_EQ(supervise(options, {"train"}), 78);
  EXPECT_EQ(starts(), "start\n") << "a wrong configuration is not tried again";
}

TEST_F(Supervisor, StartsAnewAsLongAsCheckpointsGrow) {
  // Four starts that each bring a checkpoint, then two that do not.
  LaunchOptions options = options_with(
      "echo start >> $STARTS; n=$(wc -l < $STARTS); [ $n -gt 4 ] || mkdir -p $(dirname "
      "$OUTCOME)/checkpoints/00000000$n; "
      "exit 137");
  options.max_restarts = 1;
  EXPECT_EQ(supervise(options, {"train"}), 70);
  EXPECT_EQ(starts(), "start\nstart\nstart\nstart\nstart\nstart\n");
}

TEST_F(Supervisor, TellsTheHistoryOfTheRun) {
  LaunchOptions options = options_with(
      "echo start >> $STARTS; [ $(wc -l < $STARTS) = 2 ] || exit 137; echo '{\"outcome\": \"done\"}' > $OUTCOME");
  options.max_restarts = 1;
  EXPECT_EQ(supervise(options, {"train"}), 0);
  const std::string history = read_file(folder_.path() / "history.jsonl");
  EXPECT_THAT(history, testing::ContainsRegex("\"event\":\"start\".*\n.*\"end\":\"not started\""));
  EXPECT_THAT(history, testing::ContainsRegex("\"event\":\"start\".*\n.*\"end\":\"done\""));
  EXPECT_THAT(read_file(folder_.path() / "failure.json"), HasSubstr("no rank came to life"));
}

TEST_F(Supervisor, TakesNoOutcomeOfAnotherStart) {
  const LaunchOptions options =
      options_with("echo '{\"outcome\": \"done\", \"start\": \"of another\"}' > $OUTCOME; exit 1");
  EXPECT_EQ(supervise(options, {"train"}), 70);
}

TEST_F(Supervisor, RefusesWhatCannotStart) {
  LaunchOptions options = options_with("exit 0");
  EXPECT_THROW(supervise(options, {}), ConfigError);
  options.ranks = 0;
  EXPECT_THROW(supervise(options, {"train"}), ConfigError);
  options.ranks = 2;
  options.min_ranks = 3;
  EXPECT_THROW(supervise(options, {"train"}), ConfigError);
  options.min_ranks = 0;
  options.starter.mpirun = "/nowhere/mpirun";
  EXPECT_THAT([&] { supervise(options, {"train"}); },
              testing::ThrowsMessage<ConfigError>(HasSubstr("cannot start /nowhere/mpirun: No such file")));
}

}  // namespace
}  // namespace understudy
