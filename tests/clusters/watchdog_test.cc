#include "clusters/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A rank that computes.
WatchedRank busy(int rank, double idle_seconds, Section section = Section::kStep) {
  RankStatus status;
  status.rank = rank;
  status.node = "n1";
  status.state = 'R';
  status.iteration = 20;
  status.section = section;
  status.collective = {.entered = 7, .left = 7, .intent = "agree on the end of an iteration"};
  status.idle_seconds = idle_seconds;
  return {status, 0.0};
}

/// A rank in a collective that it does not leave.
WatchedRank waiting(int rank, double idle_seconds, std::uint64_t entered = 8, const std::string& intent = "average") {
  WatchedRank waits = busy(rank, idle_seconds, Section::kExchange);
  waits.status.state = 'S';
  waits.status.collective = {.entered = entered, .left = entered - 1, .intent = intent};
  return waits;
}

WatchedRank with_state(WatchedRank rank, char state) {
  rank.status.state = state;
  return rank;
}

WatchedRank silent(WatchedRank rank, double seconds) {
  rank.silent_seconds = seconds;
  return rank;
}

/// Knows a step to take 4 s, the 99th percentile, and a save 10 s.
Watchdog experienced() {
  Watchdog watchdog;
  RankStatus status;
  for (GapReading& gap : status.gaps) gap = {.count = 100, .p99_seconds = 0.5};
  status.gaps[static_cast<std::size_t>(Section::kStep)].p99_seconds = 4.0;
  status.gaps[static_cast<std::size_t>(Section::kSave)].p99_seconds = 10.0;
  watchdog.learn(status);
  return watchdog;
}

std::optional<HangFinding> judge(const std::vector<WatchedRank>& ranks) {
  return experienced().judge(ranks);
}

TEST(Watchdog, AllowsThreeTimesWhatASectionUsuallyTakes) {
  const Watchdog watchdog = experienced();
  EXPECT_EQ(watchdog.limit(Section::kStep), 12.0);
  EXPECT_EQ(watchdog.limit(Section::kData), 12.0) << "part of a step";
  EXPECT_EQ(watchdog.limit(Section::kExchange), 12.0);
  EXPECT_EQ(watchdog.limit(Section::kSave), 30.0);
  EXPECT_EQ(watchdog.limit(Section::kValidation), 5.0) << "never less than that";
  EXPECT_EQ(Watchdog().limit(Section::kStep), 600.0) << "nothing is known yet";
}

TEST(Watchdog, KeepsTheLongestThatAnyRankTook) {
  Watchdog watchdog = experienced();
  RankStatus quick;
  for (GapReading& gap : quick.gaps) gap = {.count = 3, .p99_seconds = 0.1};
  watchdog.learn(quick);
  EXPECT_EQ(watchdog.limit(Section::kStep), 12.0);
  EXPECT_EQ(watchdog.usual_seconds(Section::kSave), 10.0);
}

TEST(Watchdog, SeesNothingInARunThatGoesOn) {
  EXPECT_FALSE(judge({}));
  EXPECT_FALSE(judge({busy(0, 1), busy(1, 11), waiting(2, 100)})) << "others may wait for a slow rank";
  EXPECT_FALSE(judge({waiting(0, 4), waiting(1, 4)}));
  EXPECT_FALSE(judge({busy(0, 29, Section::kSave), waiting(1, 29), waiting(2, 29)}));
}

TEST(Watchdog, BlamesTheRankThatDoesNotComeToTheCollective) {
  const auto finding = judge({waiting(0, 12), waiting(1, 12), busy(2, 12.5, Section::kData)});
  ASSERT_TRUE(finding);
  EXPECT_THAT(finding->guilty, ElementsAre(2));
  EXPECT_FALSE(finding->lost);
  EXPECT_THAT(finding->message, HasSubstr("rank 2 on node n1"));
  EXPECT_THAT(finding->message, HasSubstr("iteration 20, data"));
}

TEST(Watchdog, BlamesARankThatIsStoppedOrBlockedWhereverItIs) {
  for (const char state : {'T', 'D'}) {
    const auto finding = judge({waiting(0, 13), with_state(waiting(1, 13), state), waiting(2, 13)});
    ASSERT_TRUE(finding) << state;
    EXPECT_THAT(finding->guilty, ElementsAre(1));
    EXPECT_THAT(finding->message, HasSubstr(state == 'T' ? "stopped by a signal" : "blocked in a file system"));
  }
}

TEST(Watchdog, BlamesTheFewerOfRanksThatWaitForDifferentThings) {
  const auto left_one_out = judge({waiting(0, 12), waiting(1, 12, 9, "gather"), waiting(2, 12)});
  ASSERT_TRUE(left_one_out);
  EXPECT_THAT(left_one_out->guilty, ElementsAre(1));
  EXPECT_THAT(left_one_out->message, HasSubstr("collective 9 (gather)"));
  const auto of_two = judge({waiting(0, 12), waiting(1, 12, 9, "gather")});
  ASSERT_TRUE(of_two);
  EXPECT_THAT(of_two->guilty, ElementsAre(1)) << "the one that is ahead has left something out";
  EXPECT_FALSE(judge({waiting(0, 12), waiting(1, 3, 9, "gather")})) << "it has just arrived";
}

TEST(Watchdog, BlamesNobodyWhenMessagesDoNotArrive) {
  EXPECT_FALSE(judge({waiting(0, 29), waiting(1, 29)})) << "large messages take their time";
  const auto finding = judge({waiting(0, 31), waiting(1, 31)});
  ASSERT_TRUE(finding);
  EXPECT_THAT(finding->guilty, IsEmpty());
  EXPECT_THAT(finding->message, HasSubstr("all ranks wait in collective 8 (average)"));
}

TEST(Watchdog, FindsALostNodeOnlyWhenTheRunStandsStill) {
  EXPECT_FALSE(judge({busy(0, 1), silent(busy(1, 0), 60)})) << "only the connection to its attendant is lost";
  EXPECT_FALSE(judge({waiting(0, 4), silent(busy(1, 0), 60)}));
  EXPECT_FALSE(judge({waiting(0, 9), silent(busy(1, 0), 9)}));
  const auto finding = judge({waiting(0, 10), silent(busy(1, 0), 11), silent(busy(2, 0), 11)});
  ASSERT_TRUE(finding);
  EXPECT_TRUE(finding->lost);
  EXPECT_THAT(finding->guilty, ElementsAre(1, 2));
}

TEST(Watchdog, GivesTheFirstStepItsOwnTime) {
  Watchdog watchdog;
  RankStatus status;
  status.gaps[static_cast<std::size_t>(Section::kStep)] = {.count = 50, .p99_seconds = 0.1};
  status.gaps[static_cast<std::size_t>(Section::kFirstStep)] = {.count = 1, .p99_seconds = 8.0};
  watchdog.learn(status);
  EXPECT_FALSE(watchdog.judge(std::vector{busy(0, 20, Section::kFirstStep)}));
  EXPECT_TRUE(watchdog.judge(std::vector{busy(0, 25, Section::kFirstStep)}));
  EXPECT_TRUE(watchdog.judge(std::vector{busy(0, 6)}));
}

}  // namespace
}  // namespace understudy
