#include "clusters/stack_recorder.h"

#include <array>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace understudy {

/// Visible to the linker and never inlined, so that its name can be found.
[[gnu::noinline]] void wait_where_a_test_looks(int report) {
  if (write(report, "w", 1) < 0) _exit(1);
  while (true) pause();
}

namespace {

using testing::HasSubstr;

/// Starts a child that waits in two threads, and returns when both do.
pid_t start_waiting_child(StackRecorder& recorder) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    recorder.answer_in_this_process();
    std::thread other(wait_where_a_test_looks, ends[1]);
    wait_where_a_test_looks(ends[1]);
  }
  char byte = 0;
  for (int i = 0; i < 2; ++i) {
    if (read(ends[0], &byte, 1) != 1) return -1;
  }
  close(ends[0]);
  close(ends[1]);
  return child;
}

void end(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(StackRecorder, NamesTheFunctionsOfEveryThread) {
  StackRecorder recorder;
  const pid_t child = start_waiting_child(recorder);
  ASSERT_GT(child, 0);
  for (int look = 0; look < 2; ++look) {
    const std::string stacks = recorder.stacks_of(child);
    const std::size_t first = stacks.find("understudy::wait_where_a_test_looks");
    ASSERT_NE(first, std::string::npos) << stacks;
    EXPECT_NE(stacks.find("understudy::wait_where_a_test_looks", first + 1), std::string::npos) << stacks;
    EXPECT_THAT(stacks, HasSubstr("libc.so"));
  }
  end(child);
  EXPECT_THAT(recorder.stacks_of(child), HasSubstr("has ended"));
}

TEST(StackRecorder, SaysWhoDoesNotAnswer) {
  StackRecorder recorder;
  const pid_t child = start_waiting_child(recorder);
  ASSERT_GT(child, 0);
  kill(child, SIGSTOP);
  waitpid(child, nullptr, WUNTRACED);
  EXPECT_THAT(recorder.stacks_of(child), HasSubstr("does not answer (state T)"));
  end(child);
}

}  // namespace
}  // namespace understudy
