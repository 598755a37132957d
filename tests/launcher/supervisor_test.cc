#include "launcher/supervisor.h"

#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "clusters/outcome.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/launcher/supervised_process.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::Contains;
using testing::ElementsAre;
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
    options.mpirun = mpirun.string();
    options.outcome_file = outcome_;
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

TEST_F(Supervisor, GivesMpirunWhatItNeeds) {
  LaunchOptions options;
  options.ranks = 3;
  options.mpirun_options = {"--hostfile", "nodes.txt"};
  const std::vector<std::string> arguments = mpirun_arguments(options, {"understudy", "train", "run.toml"}, true);
  EXPECT_EQ(fmt::format("{} {} {}", arguments[0], arguments[1], arguments[2]), "mpirun -n 3");
  EXPECT_THAT(arguments, Contains("--oversubscribe"));
  EXPECT_THAT(arguments, Contains("--allow-run-as-root"));
  EXPECT_THAT(arguments, Contains("nodes.txt"));
  EXPECT_THAT(std::vector(arguments.end() - 3, arguments.end()), ElementsAre("understudy", "train", "run.toml"));
  EXPECT_THAT(mpirun_arguments(options, {"train"}, false), testing::Not(Contains("--allow-run-as-root")));
}

TEST_F(Supervisor, RefusesWhatCannotStart) {
  LaunchOptions options = options_with("exit 0");
  EXPECT_THROW(supervise(options, {}), ConfigError);
  options.ranks = 0;
  EXPECT_THROW(supervise(options, {"train"}), ConfigError);
  options.ranks = 1;
  options.mpirun = "/nowhere/mpirun";
  EXPECT_THAT([&] { supervise(options, {"train"}); },
              testing::ThrowsMessage<ConfigError>(HasSubstr("cannot start /nowhere/mpirun: No such file")));
}

TEST_F(Supervisor, TurnsTerminationAndInterruptIntoAStopRequestAndASecondInterruptIntoTheEnd) {
  const std::string pipe = (folder_.path() / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  setenv("STUB_PIPE", pipe.c_str(), 1);
  LaunchOptions options;
  options.mpirun = UNDERSTUDY_MPIRUN_STUB;
  options.outcome_file = outcome_;
  options.max_restarts = 3;
  options.repeat_stop = std::chrono::hours(1);
  const SupervisedProcess process(options, {"train"});
  const int reports = open(pipe.c_str(), O_RDONLY);
  const auto next_report = [&] {
    char report = '-';
    return read(reports, &report, 1) == 1 ? report : '-';
  };
  EXPECT_EQ(next_report(), 'r');
  for (const int signal : {SIGTERM, SIGUSR2, SIGINT}) {
    process.send(signal);
    EXPECT_EQ(next_report(), 'u') << signal;
  }
  process.send(SIGINT);
  EXPECT_EQ(process.wait(), 70) << "an aborted run is not started again";
  close(reports);
}

TEST_F(Supervisor, RepeatsAStopRequestUntilTheRanksEnd) {
  const std::string pipe = (folder_.path() / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  setenv("STUB_PIPE", pipe.c_str(), 1);
  LaunchOptions options;
  options.mpirun = UNDERSTUDY_MPIRUN_STUB;
  options.outcome_file = outcome_;
  options.repeat_stop = std::chrono::milliseconds(1);
  const SupervisedProcess process(options, {"train"});
  const int reports = open(pipe.c_str(), O_RDONLY);
  char report = '-';
  ASSERT_EQ(read(reports, &report, 1), 1);
  process.send(SIGINT);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(read(reports, &report, 1), 1);
    EXPECT_EQ(report, 'u');
  }
  process.send(SIGINT);
  EXPECT_EQ(process.wait(), 70);
  close(reports);
}

}  // namespace
}  // namespace understudy
