#include "launcher/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "common/errors.h"

namespace understudy {
namespace {

using testing::HasSubstr;

int wait_for_end(ChildProcess& child, const SignalQueue& signals) {
  while (!child.ended()) {
    pollfd event{signals.descriptor(), POLLIN, 0};
    poll(&event, 1, 10000);
    while (signals.next()) {
    }
  }
  return *child.ended();
}

TEST(ChildProcess, TellsHowItEnded) {
  const SignalQueue signals;
  ChildProcess leaves({"sh", "-c", "exit $CODE"}, {"CODE=7"}, signals.former());
  EXPECT_EQ(wait_for_end(leaves, signals), 7);
  ChildProcess is_killed({"sh", "-c", "kill -9 $$"}, {}, signals.former());
  EXPECT_EQ(wait_for_end(is_killed, signals), 137);
}

TEST(ChildProcess, GetsSignalsAndAnEmptyInput) {
  const SignalQueue signals;
  ChildProcess reads({"sh", "-c", "cat; exit 5"}, {}, signals.former());
  EXPECT_EQ(wait_for_end(reads, signals), 5);
  ChildProcess waits({"sleep", "1000"}, {}, signals.former());
  EXPECT_FALSE(waits.ended());
  waits.send(SIGTERM);
  EXPECT_EQ(wait_for_end(waits, signals), 128 + SIGTERM);
}

TEST(ChildProcess, SaysWhatCannotBeStarted) {
  const SignalQueue signals;
  EXPECT_THAT([&] { ChildProcess({"/nowhere/mpirun"}, {}, signals.former()); },
              testing::ThrowsMessage<ConfigError>(HasSubstr("cannot start /nowhere/mpirun: No such file")));
}

TEST(SignalQueue, KeepsSignalsUntilTheyAreRead) {
  const SignalQueue signals;
  EXPECT_FALSE(signals.next());
  raise(SIGTERM);
  EXPECT_EQ(signals.next(), SIGTERM);
  EXPECT_FALSE(signals.next());
}

}  // namespace
}  // namespace understudy
