#include "launcher/ranks.h"

#include <csignal>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

// One process that no launcher started is one rank without MPI.
class RunOnRanks : public testing::Test {
 protected:
  TemporaryFolder place_;
  std::filesystem::path file_ = place_.path() / "outcome.json";
};

TEST_F(RunOnRanks, ReturnsAndWritesWhatTheBodySaid) {
  const ExitCode code = run_on_ranks(file_, [](const RankContext& context) {
    EXPECT_EQ(context.ranks.world_size(), 1);
    EXPECT_FALSE(context.stop_requested());
    return Outcome{ExitCode::kRunAgain, "saved"};
  });
  EXPECT_EQ(code, ExitCode::kRunAgain);
  const auto outcome = read_outcome(file_);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->code, ExitCode::kRunAgain);
  EXPECT_EQ(outcome->message, "saved");
}

TEST_F(RunOnRanks, TurnsExceptionsIntoExitCodes) {
  const auto fail = [&](const auto& error) {
    return run_on_ranks(file_, [&](const RankContext&) -> Outcome { throw error; });
  };
  EXPECT_EQ(fail(ConfigError("no such key")), ExitCode::kUsage);
  ASSERT_TRUE(read_outcome(file_));
  EXPECT_EQ(read_outcome(file_)->message, "no such key");
  EXPECT_EQ(read_outcome(file_)->cause, EndCause::kConfig);
  EXPECT_EQ(fail(std::logic_error("a defect")), ExitCode::kInternal);
  EXPECT_EQ(read_outcome(file_)->code, ExitCode::kInternal);
}

TEST_F(RunOnRanks, LeavesTheOutcomeToALaterStart) {
  const auto body = [](const RankContext&) -> Outcome { throw SupersededError("start 3 owns this run"); };
  EXPECT_EQ(run_on_ranks(file_, body), ExitCode::kUsage);
  EXPECT_FALSE(read_outcome(file_));
}

TEST_F(RunOnRanks, LeavesNoFolderBehindAMistake) {
  const auto file = place_.path() / "run" / "outcome.json";
  const auto body = [](const RankContext&) -> Outcome { throw ConfigError("a mistake"); };
  EXPECT_EQ(run_on_ranks(file, body), ExitCode::kUsage);
  EXPECT_TRUE(std::filesystem::is_empty(place_.path()));
}

TEST_F(RunOnRanks, TellsTheBodyOfAStopSignal) {
  run_on_ranks(file_, [](const RankContext& context) {
    EXPECT_FALSE(context.stop_requested());
    std::raise(SIGTERM);
    EXPECT_TRUE(context.stop_requested());
    return Outcome{};
  });
}

}  // namespace
}  // namespace understudy
