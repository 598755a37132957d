#include "clusters/stop_request.h"

#include <csignal>

#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

TEST(StopRequest, NotesEachOfItsSignals) {
  for (const int signal : {SIGUSR2, SIGTERM, SIGINT}) {
    const StopRequest request(StopRequest::Signals::kUserTerminateAndInterrupt);
    EXPECT_FALSE(request.requested());
    std::raise(signal);
    EXPECT_TRUE(request.requested()) << signal;
  }
}

TEST(StopRequest, LeavesTerminationAloneUnderLaunch) {
  const StopRequest request(StopRequest::Signals::kUser);
  EXPECT_EXIT(std::raise(SIGTERM), testing::KilledBySignal(SIGTERM), "");
}

TEST(StopRequest, LetsASecondInterruptEndTheProcess) {
  const StopRequest request(StopRequest::Signals::kUserTerminateAndInterrupt);
  std::raise(SIGINT);
  EXPECT_EXIT(std::raise(SIGINT), testing::KilledBySignal(SIGINT), "");
}

TEST(StopRequest, IsOneAtATimeAndPutsFormerHandlersBack) {
  {
    const StopRequest request(StopRequest::Signals::kUser);
    EXPECT_THROW(StopRequest{StopRequest::Signals::kUser}, ClusterError);
    std::raise(SIGUSR2);
  }
  EXPECT_EXIT(std::raise(SIGUSR2), testing::KilledBySignal(SIGUSR2), "");
  const StopRequest again(StopRequest::Signals::kUser);
  EXPECT_FALSE(again.requested());
}

}  // namespace
}  // namespace understudy
