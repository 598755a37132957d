#include "clusters/device_progress.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

CollectiveQueue::Question answer(const bool& flag) {
  return [&flag] { return flag; };
}

TEST(CollectiveQueue, ShowsACollectiveFromWhenTheDeviceReachesItUntilItEnds) {
  Heartbeat heartbeat;
  CollectiveQueue queue(heartbeat, heartbeat.new_channel());
  bool reached = false;
  bool done = false;
  queue.add("reduce a bucket of gradients", answer(reached), answer(done));
  EXPECT_FALSE(queue.look());
  EXPECT_FALSE(heartbeat.read().collective.waiting()) << "the device still computes";
  reached = true;
  EXPECT_FALSE(queue.look());
  EXPECT_TRUE(heartbeat.read().collective.waiting());
  EXPECT_EQ(heartbeat.read().collective.intent, "reduce a bucket of gradients");
  done = true;
  EXPECT_TRUE(queue.look());
  EXPECT_FALSE(heartbeat.read().collective.waiting());
}

TEST(CollectiveQueue, CountsCollectivesInTheOrderInWhichTheyWereQueued) {
  Heartbeat heartbeat;
  CollectiveQueue queue(heartbeat, heartbeat.new_channel());
  bool first_done = false;
  const bool yes = true;
  queue.add("first", answer(yes), answer(first_done));
  queue.add("second", answer(yes), answer(yes));
  EXPECT_FALSE(queue.look());
  EXPECT_EQ(heartbeat.read().collective.entered, 1U);
  first_done = true;
  EXPECT_TRUE(queue.look());
  EXPECT_EQ(heartbeat.read().collective.entered, 2U);
  EXPECT_EQ(heartbeat.read().collective.left, 2U);
}

TEST(CollectiveQueue, IsASignOfLifeOnlyWhenTheDeviceGetsOn) {
  Heartbeat heartbeat;
  CollectiveQueue queue(heartbeat, heartbeat.new_channel());
  const bool no = false;
  queue.add("first", answer(no), answer(no));
  const std::uint64_t before = heartbeat.read().beats;
  queue.look();
  EXPECT_EQ(heartbeat.read().beats, before);
}

}  // namespace
}  // namespace understudy
