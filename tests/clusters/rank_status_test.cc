#include "clusters/rank_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::HasSubstr;

RankStatus example() {
  RankStatus status;
  status.rank = 3;
  status.node = "n2";
  status.process = 4711;
  status.state = 'S';
  status.iteration = 120;
  status.section = Section::kExchange;
  status.collective = {.entered = 88, .left = 87, .intent = "gather \"terms\""};
  status.idle_seconds = 2.5;
  status.gaps[2] = {.count = 9, .p99_seconds = 0.25};
  status.stop_signal = 15;
  return status;
}

TEST(RankStatus, ComesBackFromItsLine) {
  RankStatus status = example();
  status.end = RankEnd{.exit_code = 0, .signal = 9, .out_of_memory = true};
  const std::string line = to_line(status);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto back = status_from(line);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->rank, 3);
  EXPECT_EQ(back->node, "n2");
  EXPECT_EQ(back->process, 4711);
  EXPECT_EQ(back->state, 'S');
  EXPECT_EQ(back->iteration, 120);
  EXPECT_EQ(back->section, Section::kExchange);
  EXPECT_EQ(back->collective.entered, 88U);
  EXPECT_EQ(back->collective.left, 87U);
  EXPECT_EQ(back->collective.intent, "gather \"terms\"");
  EXPECT_EQ(back->idle_seconds, 2.5);
  EXPECT_EQ(back->gaps[2].count, 9U);
  EXPECT_EQ(back->gaps[2].p99_seconds, 0.25);
  EXPECT_EQ(back->stop_signal, 15);
  ASSERT_TRUE(back->end);
  EXPECT_EQ(back->end->signal, 9);
  EXPECT_TRUE(back->end->out_of_memory);
  EXPECT_FALSE(status_from(to_line(example()))->end);
}

TEST(RankStatus, IsNothingInOtherText) {
  for (const char* line : {"", "{}", "[1]", "hello", "{\"rank\": 1}"}) EXPECT_FALSE(status_from(line)) << line;
  EXPECT_FALSE(status_from(to_line(RankStacks{1, "frames"})));
}

TEST(RankStatus, TellsStacksFromStatus) {
  const auto stacks = stacks_from(to_line(RankStacks{2, "frame 1\nframe 2\xff"}));
  ASSERT_TRUE(stacks);
  EXPECT_EQ(stacks->rank, 2);
  EXPECT_THAT(stacks->text, HasSubstr("frame 1\nframe 2"));
  EXPECT_FALSE(stacks_from(to_line(example())));
  EXPECT_FALSE(stacks_from("nonsense"));
}

TEST(RankStatus, IsDescribedForPeople) {
  EXPECT_EQ(describe(example()),
            "rank 3 on node n2 (process 4711), iteration 120, exchange: waits for other ranks in collective 88 (gather "
            "\"terms\")");
  RankStatus stopped = example();
  stopped.state = 'T';
  EXPECT_THAT(describe(stopped), HasSubstr("stopped by a signal, no sign of life for 2.5 s"));
  RankStatus ended = example();
  ended.end = RankEnd{.exit_code = 0, .signal = 11, .out_of_memory = false};
  EXPECT_THAT(describe(ended), HasSubstr("was ended by signal 11"));
}

}  // namespace
}  // namespace understudy
