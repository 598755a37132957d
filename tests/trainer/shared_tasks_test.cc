#include "trainer/evaluation/shared_tasks.h"

#include <gtest/gtest.h>

#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

/// Rows of different lengths, an empty one among them.
TaskRow row_of(std::int64_t task) {
  return TaskRow(static_cast<std::size_t>(task % 3), 0.1 * static_cast<double>(task));
}

TEST(SharedTasks, ComeTogetherInTheirOrderOnAnyNumberOfRanks) {
  for (const int world_size : {1, 2, 3, 8}) {
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      Heartbeat heartbeat;
      const auto rows = run_shared_tasks({ranks, heartbeat, [] { return false; }}, 7, row_of);
      ASSERT_TRUE(rows);
      ASSERT_EQ(rows->size(), ranks.rank() == 0 ? 7U : 0U);
      for (std::size_t i = 0; i < rows->size(); ++i) EXPECT_EQ((*rows)[i], row_of(static_cast<std::int64_t>(i)));
    });
  }
}

TEST(SharedTasks, EndTogetherWhenOneRankIsAskedTo) {
  run_on_thread_ranks(3, [&](Communicator& ranks) {
    Heartbeat heartbeat;
    int asked = 0;
    const RankContext context{ranks, heartbeat, [&] { return ranks.rank() == 2 && ++asked > 1; }};
    EXPECT_FALSE(run_shared_tasks(context, 9, row_of));
  });
}

TEST(SharedTasks, MayBeNone) {
  const auto rank = single_rank();
  Heartbeat heartbeat;
  const auto rows = run_shared_tasks({*rank, heartbeat, [] { return false; }}, 0, row_of);
  ASSERT_TRUE(rows);
  EXPECT_TRUE(rows->empty());
}

}  // namespace
}  // namespace understudy
