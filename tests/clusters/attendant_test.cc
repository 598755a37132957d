#include "clusters/attendant.h"

#include <csignal>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clusters/line_socket.h"
#include "clusters/rank_status.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The test is the supervisor; a child process becomes an attendant with a rank that does what the test says.
class AttendantTest : public testing::Test {
 protected:
  void start(const std::function<void(Heartbeat&)>& rank) {
    attendant_ = fork();
    if (attendant_ == 0) {
      Heartbeat heartbeat;
      attend_to_this_rank(heartbeat, {"token", {"127.0.0.1"}, listener_.port()}, 5);
      rank(heartbeat);
      _exit(0);
    }
    wait_for_input(listener_.descriptor());
    if (auto accepted = listener_.accept()) socket_ = std::move(*accepted);
    EXPECT_EQ(next_line(), "token");
  }
  ~AttendantTest() override {
    if (attendant_ > 0) kill(attendant_, SIGKILL);
    if (attendant_ > 0) waitpid(attendant_, nullptr, 0);
  }

  static void wait_for_input(int descriptor) {
    pollfd event{descriptor, POLLIN, 0};
    ASSERT_EQ(poll(&event, 1, 20000), 1);
  }
  std::string next_line() {
    while (lines_.empty()) {
      wait_for_input(socket_.descriptor());
      for (std::string& line : socket_.receive()) lines_.push_back(std::move(line));
      if (!socket_.open() && lines_.empty()) return "closed";
    }
    std::string line = lines_.front();
    lines_.erase(lines_.begin());
    return line;
  }
  /// The first status for which `holds` does.
  RankStatus status_where(const std::function<bool(const RankStatus&)>& holds) {
    while (true) {
      const std::string line = next_line();
      if (line == "closed") {
        ADD_FAILURE() << "the attendant is gone";
        return {};
      }
      if (const auto status = status_from(line); status && holds(*status)) return *status;
    }
  }
  int end_of_attendant() {
    int status = 0;
    waitpid(attendant_, &status, 0);
    attendant_ = -1;
    return status;
  }

  LineListener listener_;
  LineSocket socket_{-1};
  pid_t attendant_ = -1;
  std::vector<std::string> lines_;
};

void wait_for_stop(const Heartbeat& heartbeat) {
  while (!heartbeat.stop_requested()) sched_yield();
}

TEST_F(AttendantTest, PassesOnSignsOfLifeAndTheEnd) {
  start([](Heartbeat& heartbeat) {
    heartbeat.begin_iteration(12);
    wait_for_stop(heartbeat);
    _exit(3);
  });
  const RankStatus alive = status_where([](const RankStatus& status) { return status.iteration == 12; });
  EXPECT_EQ(alive.rank, 5);
  EXPECT_FALSE(alive.end);
  EXPECT_NE(alive.process, attendant_) << "the rank, not its attendant";
  socket_.send(to_line(AttendantCommand::kStop));
  const RankStatus last = status_where([](const RankStatus& status) { return status.end.has_value(); });
  EXPECT_EQ(last.end->exit_code, 3);
  EXPECT_EQ(last.end->signal, 0);
  const int status = end_of_attendant();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

TEST_F(AttendantTest, TurnsSignalsIntoARequest) {
  start([](Heartbeat& heartbeat) {
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) raise(signal);  // as a group gets them: not the rank's
    wait_for_stop(heartbeat);
    _exit(0);
  });
  kill(attendant_, SIGTERM);
  const RankStatus last = status_where([](const RankStatus& status) { return status.end.has_value(); });
  EXPECT_EQ(last.stop_signal, SIGTERM);
  EXPECT_EQ(last.end->exit_code, 0);
}

TEST_F(AttendantTest, EndsLikeARankThatASignalEnded) {
  start([](Heartbeat&) { raise(SIGKILL); });
  const RankStatus last = status_where([](const RankStatus& status) { return status.end.has_value(); });
  EXPECT_EQ(last.end->signal, SIGKILL);
  const int status = end_of_attendant();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST_F(AttendantTest, SeesTheIdleTimeOfAStoppedRankGrow) {
  start([](Heartbeat&) { raise(SIGSTOP); });
  const RankStatus status = status_where([](const RankStatus& s) { return s.state == 'T' && s.idle_seconds > 0.4; });
  socket_.send(to_line(AttendantCommand::kStacks));
  std::string line = next_line();
  while (!stacks_from(line)) line = next_line();
  EXPECT_THAT(stacks_from(line)->text, HasSubstr("stopped by a signal"));
  socket_.send(to_line(AttendantCommand::kKill));
  EXPECT_EQ(status_where([](const RankStatus& s) { return s.end.has_value(); }).end->signal, SIGKILL);
}

TEST_F(AttendantTest, TakesTheRankAlongWhenItIsKilled) {
  start([](Heartbeat&) {
    while (true) pause();
  });
  const pid_t rank = status_where([](const RankStatus&) { return true; }).process;
  kill(attendant_, SIGKILL);
  end_of_attendant();
  while (kill(rank, 0) == 0) sched_yield();  // it goes to another parent, which takes its end
}

TEST(SupervisorAddress, ComesBackFromItsText) {
  const auto address = supervisor_address_from(to_text(SupervisorAddress{"abc", {"10.0.0.1", "127.0.0.1"}, 4321}));
  ASSERT_TRUE(address);
  EXPECT_EQ(address->token, "abc");
  EXPECT_EQ(address->port, 4321);
  EXPECT_THAT(address->hosts, ElementsAre("10.0.0.1", "127.0.0.1"));
  for (const char* text : {"", "abc", "abc,12", ",12,host", "abc,0,host", "abc,x,host", "abc,99999,host"})
    EXPECT_FALSE(supervisor_address_from(text)) << text;
}

}  // namespace
}  // namespace understudy
