#include <cstdio>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "clusters/outcome.h"
#include "common/atomic_file.h"
#include "tests/launcher/supervised_process.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::HasSubstr;

/// Standard output and error of the supervisor and its ranks go to a pipe that the test reads.
class SupervisorOfRanks : public testing::Test {
 protected:
  SupervisorOfRanks() {
    options_.ranks = 2;
    options_.run_directory = folder_.path();
    options_.max_restarts = 0;
    if (pipe(output_) != 0) throw std::runtime_error("cannot make a pipe");
  }
  ~SupervisorOfRanks() override { close(output_[0]); }

  SupervisedProcess start(const std::string& mode) {
    const int former_output = dup(STDOUT_FILENO);
    const int former_errors = dup(STDERR_FILENO);
    std::fflush(nullptr);
    dup2(output_[1], STDOUT_FILENO);
    dup2(output_[1], STDERR_FILENO);
    SupervisedProcess process(options_, {UNDERSTUDY_RANK_PROBE, outcome_.string(), mode});
    dup2(former_output, STDOUT_FILENO);
    dup2(former_errors, STDERR_FILENO);
    for (const int descriptor : {former_output, former_errors, output_[1]}) close(descriptor);
    return process;
  }
  /// Reads on until `text` has come `times` times, or everything has.
  void read_until(const std::string& text, int times) {
    char byte = 0;
    while (count(text) < times && read(output_[0], &byte, 1) == 1) seen_ += byte;
  }
  int count(const std::string& text) const {
    int found = 0;
    for (auto at = seen_.find(text); at != std::string::npos; at = seen_.find(text, at + 1)) ++found;
    return found;
  }

  TemporaryFolder folder_;
  std::filesystem::path outcome_ = folder_.path() / "outcome.json";
  LaunchOptions options_;
  int output_[2] = {-1, -1};
  std::string seen_;
};

TEST_F(SupervisorOfRanks, StartsAllRanksAndReturnsTheirOutcome) {
  options_.ranks = 3;
  const SupervisedProcess process = start("finish");
  read_until("is ready", 3);
  EXPECT_THAT(seen_, HasSubstr("rank 0 of 3"));
  EXPECT_THAT(seen_, HasSubstr("rank 2 of 3"));
  EXPECT_EQ(process.wait(), 0);
}

TEST_F(SupervisorOfRanks, LetsTheRanksEndInGoodOrderWhenAsked) {
  for (const int signal : {SIGTERM, SIGUSR1, SIGUSR2, SIGINT}) {
    if (signal != SIGTERM) ASSERT_EQ(pipe(output_), 0);
    seen_.clear();
    const SupervisedProcess process = start("wait");
    read_until("is ready", 2);
    process.send(signal);
    EXPECT_EQ(process.wait(), 75) << signal;
    EXPECT_EQ(read_outcome(outcome_)->code, ExitCode::kRunAgain);
    EXPECT_THAT(read_file(folder_.path() / "history.jsonl"),
                HasSubstr(signal == SIGINT ? "\"end\":\"user interrupt\"" : "\"end\":\"preempted\""));
  }
}

TEST_F(SupervisorOfRanks, EndsTheRanksAtOnceAtASecondInterrupt) {
  options_.max_restarts = 3;
  const SupervisedProcess process = start("deaf");
  read_until("is ready", 2);
  process.send(SIGINT);
  read_until("asking the ranks to save and leave", 1);
  process.send(SIGINT);
  EXPECT_EQ(process.wait(), 70) << "an aborted run is not started again";
}

TEST_F(SupervisorOfRanks, ReportsACrashAfterTheAllowedRestarts) {
  options_.max_restarts = 1;
  const SupervisedProcess process = start("crash");
  EXPECT_EQ(process.wait(), 70);
  read_until("rank 0 of 2 is ready", 2);
  EXPECT_EQ(count("rank 0 of 2 is ready"), 2) << seen_;
}

TEST_F(SupervisorOfRanks, NamesTheRankThatWasKilled) {
  const SupervisedProcess process = start("killed");
  EXPECT_EQ(process.wait(), 70);
  const std::string failure = read_file(folder_.path() / "failure.json");
  EXPECT_THAT(failure, HasSubstr("\"end\": \"killed\""));
  EXPECT_THAT(failure, HasSubstr("\"rank\": 1"));
  EXPECT_THAT(failure, HasSubstr("\"signal\": 9"));
}

TEST_F(SupervisorOfRanks, NamesTheRankThatHangs) {
  options_.hang = {.least_seconds = 0.5, .unknown_seconds = 1.0};
  const SupervisedProcess process = start("hang");
  EXPECT_EQ(process.wait(), 70);
  const std::string failure = read_file(folder_.path() / "failure.json");
  EXPECT_THAT(failure, HasSubstr("\"end\": \"hang\""));
  EXPECT_THAT(failure, HasSubstr("\"rank\": 1"));
  EXPECT_THAT(failure, HasSubstr("no sign of life"));
}

TEST_F(SupervisorOfRanks, EndsRanksThatWaitTooLong) {
  const SupervisedProcess process = start("stall");
  EXPECT_EQ(process.wait(), 70);
  read_until("waited 1 s for the other ranks (end together)", 1);
  EXPECT_THAT(seen_, HasSubstr("rank 0 waited 1 s for the other ranks (end together)"));
}

}  // namespace
}  // namespace understudy
