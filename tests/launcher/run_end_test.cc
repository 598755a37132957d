#include "launcher/run_end.h"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::HasSubstr;

RankStatus alive(int rank) {
  RankStatus status;
  status.rank = rank;
  status.node = "n1";
  return status;
}

RankStatus ended(int rank, RankEnd end) {
  RankStatus status = alive(rank);
  status.end = end;
  return status;
}

EndEvidence with_outcome(ExitCode code, EndCause cause = EndCause::kNone, StopReason stop = StopReason::kNone) {
  EndEvidence evidence;
  evidence.outcome = Outcome{code, "words of the rank", cause, 1};
  evidence.ranks = {ended(0, {}), ended(1, {.exit_code = static_cast<int>(code)})};
  if (code == ExitCode::kUsage || code == ExitCode::kInternal) evidence.ended_in_order = {1};
  evidence.stop = stop;
  return evidence;
}

EndEvidence with_first_end(RankEnd end) {
  EndEvidence evidence;
  evidence.starter_code = 1;
  evidence.ranks = {ended(0, {.signal = SIGTERM}), ended(1, end)};
  evidence.ended_in_order = {1, 0};
  return evidence;
}

TEST(RunEnd, ClassifiesEveryEnd) {
  EndEvidence hang = with_first_end({.signal = SIGKILL});
  hang.hang = HangFinding{{1}, false, "rank 1 hangs"};
  EndEvidence lost = with_first_end({.signal = SIGKILL});
  lost.hang = HangFinding{{1}, true, "nothing is heard"};
  EndEvidence vanished;
  vanished.starter_code = 1;
  vanished.ranks = {ended(0, {.exit_code = 0}), alive(1)};
  EndEvidence nothing;
  nothing.starter_code = 1;
  EndEvidence refused;
  refused.starter_code = 78;
  EndEvidence interrupted_step = with_outcome(ExitCode::kRunAgain);
  interrupted_step.ranks[1].stop_signal = SIGINT;
  struct Case {
    EndEvidence evidence;
    RunEnd end;
    int code;
    bool restart;
  };
  const std::vector<Case> cases{
      {with_outcome(ExitCode::kDone), RunEnd::kDone, 0, false},
      {with_outcome(ExitCode::kRunAgain, {}, StopReason::kSystem), RunEnd::kPreempted, 75, false},
      {with_outcome(ExitCode::kRunAgain, {}, StopReason::kTimeLimit), RunEnd::kTimeLimit, 75, false},
      {with_outcome(ExitCode::kRunAgain, {}, StopReason::kUser), RunEnd::kUserInterrupt, 75, false},
      {with_outcome(ExitCode::kRunAgain), RunEnd::kPreempted, 75, false},
      {interrupted_step, RunEnd::kUserInterrupt, 75, false},
      {with_outcome(ExitCode::kUsage, EndCause::kConfig), RunEnd::kConfigError, 78, false},
      {with_outcome(ExitCode::kUsage), RunEnd::kConfigError, 78, false},
      {with_outcome(ExitCode::kUsage, EndCause::kData), RunEnd::kDataError, 78, false},
      {with_outcome(ExitCode::kUsage, EndCause::kFileSystem), RunEnd::kDataError, 78, false},
      {with_outcome(ExitCode::kUsage, EndCause::kSuperseded), RunEnd::kSuperseded, 78, false},
      {with_outcome(ExitCode::kInternal, EndCause::kNotFinite), RunEnd::kNotFinite, 70, false},
      {with_outcome(ExitCode::kInternal, EndCause::kOutOfMemory), RunEnd::kOutOfMemory, 70, true},
      {with_outcome(ExitCode::kInternal, EndCause::kDefect), RunEnd::kCrashed, 70, true},
      {with_outcome(ExitCode::kInternal, EndCause::kStorage), RunEnd::kCrashed, 70, true},
      {with_first_end({.signal = SIGKILL}), RunEnd::kKilled, 70, true},
      {with_first_end({.signal = SIGTERM}), RunEnd::kKilled, 70, true},
      {with_first_end({.signal = SIGKILL, .out_of_memory = true}), RunEnd::kOutOfMemory, 70, true},
      {with_first_end({.signal = SIGSEGV}), RunEnd::kCrashed, 70, true},
      {with_first_end({.exit_code = 1}), RunEnd::kCrashed, 70, true},
      {with_first_end({.exit_code = 78}), RunEnd::kConfigError, 78, false},
      {hang, RunEnd::kHang, 70, true},
      {lost, RunEnd::kLostNode, 70, true},
      {vanished, RunEnd::kLostNode, 70, true},
      {nothing, RunEnd::kNotStarted, 70, true},
      {refused, RunEnd::kConfigError, 78, false},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const EndReport report = classify(cases[i].evidence);
    EXPECT_EQ(report.end, cases[i].end) << "case " << i << ": " << name_of(report.end);
    EXPECT_EQ(static_cast<int>(exit_code_of(report.end)), cases[i].code) << "case " << i;
    EXPECT_EQ(may_restart(report.end), cases[i].restart) << "case " << i;
    EXPECT_FALSE(report.message.empty()) << "case " << i;
  }
}

TEST(RunEnd, BlamesTheFirstRankThatEnded) {
  const EndReport report = classify(with_first_end({.signal = SIGKILL}));
  ASSERT_TRUE(report.rank);
  EXPECT_EQ(report.rank->rank, 1);
  EXPECT_THAT(report.message, HasSubstr("Killed"));
}

TEST(RunEnd, LooksBehindARankThatOnlyTellsOfAnother) {
  // Rank 0 says that it could not reach rank 1, which had been killed before.
  EndEvidence evidence = with_first_end({.signal = SIGKILL});
  evidence.outcome = Outcome{ExitCode::kInternal, "waited in vain", EndCause::kCluster, 0};
  const EndReport report = classify(evidence);
  EXPECT_EQ(report.end, RunEnd::kKilled);
  EXPECT_EQ(report.rank->rank, 1);
}

}  // namespace
}  // namespace understudy
