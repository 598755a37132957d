#include "clusters/stop_request.h"

#include <csignal>

#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

TEST(StopRequest, NotesEachOfItsSignals) {
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT}) {
    const StopRequest request;
    EXPECT_FALSE(request.requested());
    std::raise(signal);
    EXPECT_TRUE(request.requested()) << signal;
  }
}

TEST(StopRequest, LetsASecondInterruptEndTheProcess) {
  const StopRequest request;
  std::raise(SIGINT);
  EXPECT_EXIT(std::raise(SIGINT), testing::KilledBySignal(SIGINT), "");
}

TEST(StopRequest, IsOneAtATimeAndPutsFormerHandlersBack) {
  {
    const StopRequest request;
    EXPECT_THROW(StopRequest{}, ClusterError);
    std::raise(SIGUSR2);
  }
  EXPECT_EXIT(std::raise(SIGUSR2), testing::KilledBySignal(SIGUSR2), "");
  const StopRequest again;
  EXPECT_FALSE(again.requested());
}

}  // namespace
}  // namespace understudy
