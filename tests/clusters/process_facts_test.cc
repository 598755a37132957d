#include "clusters/process_facts.h"

#include <csignal>
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

TEST(ProcessFacts, KnowsItsOwnThreads) {
  std::latch hold(1);
  std::jthread other([&] { hold.wait(); });
  const auto threads = threads_of(getpid());
  ASSERT_TRUE(threads);
  EXPECT_THAT(*threads, SizeIs(testing::Ge(2U)));
  EXPECT_EQ(threads->front().id, getpid()) << "the main thread comes first";
  EXPECT_EQ(threads->front().state, 'R');
  EXPECT_THAT(starved_seconds_of(getpid()), SizeIs(threads->size()));
  hold.count_down();
}

TEST(ProcessFacts, SeesAStoppedProcessAndItsEnd) {
  const pid_t child = fork();
  if (child == 0) {
    while (true) pause();
  }
  kill(child, SIGSTOP);
  int status = 0;
  waitpid(child, &status, WUNTRACED);
  EXPECT_EQ(process_state(child), 'T');
  EXPECT_THAT(describe_process(child), HasSubstr("stopped by a signal"));
  EXPECT_THAT(describe_process(child), HasSubstr("VmRSS"));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(process_state(child), 'X');
  EXPECT_FALSE(threads_of(child));
  EXPECT_THAT(describe_process(child), HasSubstr("has ended"));
}

TEST(ProcessFacts, CountsKillsForWantOfMemory) {
  EXPECT_GE(out_of_memory_kills(), 0);
}

}  // namespace
}  // namespace understudy
