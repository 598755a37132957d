#include "trainer/faults/roll_backs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

FaultReport report_at(Iteration iteration, std::vector<std::uint64_t> samples = {}) {
  Fault fault{.rank = 1, .what = "loss of generator is not finite", .micro_batch = {}, .batch = {}, .episodes = {}};
  if (!samples.empty()) {
    fault.micro_batch = 2;
    fault.batch = "runs/a/failed/x.safetensors";
  }
  for (const std::uint64_t sample : samples)
    fault.episodes.push_back(
        {.sample = sample, .set = "sets/a", .identity = "id1", .clip = "id1#v#0", .frames = {3, 9}});
  return {.iteration = iteration, .faults = {fault}};
}

/// Counts of roll-backs without progress, each to one of these checkpoints; 0 where the run gave up.
std::vector<std::int64_t> counts(const std::vector<Iteration>& checkpoints) {
  std::vector<RollBack> roll_backs;
  std::vector<std::int64_t> counts;
  for (const Iteration checkpoint : checkpoints) {
    const Iteration fault = checkpoint + 1 + std::ssize(roll_backs);  // later each time
    roll_backs.push_back(next_roll_back(roll_backs, report_at(fault), checkpoint));
    counts.push_back(roll_backs.back().gave_up ? 0 : roll_backs.back().without_progress);
  }
  return counts;
}

TEST(RollBacks, GiveUpAfterThreeWithoutProgress) {
  EXPECT_THAT(counts({7, 7, 7, 7}), ElementsAre(1, 2, 3, 0));
  EXPECT_THAT(counts({-1, -1, -1, -1}), ElementsAre(1, 2, 3, 0)) << "from the start each time";
  EXPECT_THAT(counts({-1, 8, 9, 12}), ElementsAre(1, 1, 1, 1)) << "each time it came further";
  EXPECT_THAT(counts({7, 5, 5, 5}), ElementsAre(1, 2, 3, 0)) << "somebody removed the newest";
  EXPECT_THAT(counts({7, 7, 8, 8, 8, 8}), ElementsAre(1, 2, 1, 2, 3, 0));
  EXPECT_THAT(counts({7, 7, 7, 7, 7, 7, 7, 7}), ElementsAre(1, 2, 3, 0, 1, 2, 3, 0)) << "it is told to try again";
}

TEST(RollBacks, ComeBackFromTheirFile) {
  const TemporaryFolder place;
  EXPECT_THAT(read_roll_backs(place.path()), IsEmpty());
  std::vector<RollBack> roll_backs;
  for (int i = 0; i < 4; ++i) {
    const auto sample = static_cast<std::uint64_t>(40 - i) + (i == 2 ? std::uint64_t{1} << 48 : 0);
    roll_backs.push_back(next_roll_back(roll_backs, report_at(7, {sample, sample + 1}), 5));
    add_roll_back(place.path(), roll_backs.back(), system_files());
  }
  const std::vector<RollBack> again = read_roll_backs(place.path());
  ASSERT_EQ(again.size(), 4U);
  const Fault& fault = again[0].report.faults[0];
  EXPECT_EQ(again[0].report.text(4), roll_backs[0].report.text(4));
  EXPECT_THAT(fault.episodes[1].frames, ElementsAre(3, 9));
  EXPECT_TRUE(again[3].gave_up);
  EXPECT_EQ(again[3].checkpoint, 5);
  const std::int64_t stand_in = std::int64_t{1} << 48;
  EXPECT_THAT(samples_excluded_by(again), ElementsAre(39, 40, 41, 38 + stand_in, 39 + stand_in))
      << "each once; giving up excludes nothing";
}

TEST(RollBacks, NameALineThatIsNone) {
  const TemporaryFolder place;
  add_roll_back(place.path(), next_roll_back({}, report_at(7), -1), system_files());
  const std::string good = read_file(place.path() / kRollBacksName);
  std::string other_place = good.substr(0, good.size() - 1);
  other_place[other_place.find('7')] = '6';
  for (const std::string& bad : {std::string("{}"), std::string("7"), std::string("{\"iteration\": 1"), other_place}) {
    write_file_atomically(place.path() / kRollBacksName, good + bad + "\n");
    EXPECT_THAT([&] { read_roll_backs(place.path()); },
                ThrowsMessage<CheckpointError>(AllOf(HasSubstr("rollbacks.jsonl"), HasSubstr("line 2"))));
  }
}

TEST(RollBacks, SayEverythingWhenTheyGiveUp) {
  std::vector<RollBack> roll_backs;
  for (const Iteration iteration : {3, 7, 7, 7, 7})
    roll_backs.push_back(
        next_roll_back(roll_backs, report_at(iteration, {static_cast<std::uint64_t>(iteration)}), iteration - 1));
  const std::string text = why_it_gave_up(roll_backs, 2);
  EXPECT_THAT(text, AllOf(HasSubstr("3 roll-backs in a row"), HasSubstr("iteration 7"), HasSubstr("learning_rate")));
  EXPECT_THAT(text, testing::Not(HasSubstr("iteration 3"))) << "the run came past it";
}

TEST(FaultReport, NamesRanksMicroBatchesAndEpisodes) {
  FaultReport report = report_at(7, {40, 41});
  EXPECT_EQ(report.text(2),
            "rank 1: loss of generator is not finite at iteration 7, micro-batch 2 (sample 40: sets/a, clip id1#v#0, "
            "frames 3 9; sample 41: sets/a, clip id1#v#0, frames 3 9); replay it from runs/a/failed/x.safetensors");
  EXPECT_TRUE(report.of_episodes_alone());
  for (const int rank : {0, 2}) {
    report.faults.push_back(
        {.rank = rank, .what = "weight w is not finite", .micro_batch = {}, .batch = {}, .episodes = {}});
  }
  EXPECT_THAT(report.text(4), HasSubstr("\nranks 0, 2: weight w is not finite at iteration 7"));
  EXPECT_THAT(report.text(2), HasSubstr("\nall 2 ranks: weight w is not finite"));
  EXPECT_FALSE(report.of_episodes_alone());
  EXPECT_THAT(report.samples(), ElementsAre(40, 41));
}

}  // namespace
}  // namespace understudy
