#include "clusters/gpu_environment.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(GpuEnvironment, PinsWhatTheUserHasNotSetAndTellsAllOfIt) {
  ::setenv("NCCL_ALGO", "Tree", 1);
  ::unsetenv("NCCL_PROTO");
  pin_gpu_environment();
  const Environment environment = relevant_environment();
  EXPECT_EQ(environment.at("NCCL_ALGO"), "Tree");
  EXPECT_EQ(environment.at("NCCL_PROTO"), "Simple");
  EXPECT_EQ(environment.at("TORCH_NCCL_ASYNC_ERROR_HANDLING"), "3");
  EXPECT_FALSE(environment.contains("PATH"));
  ::unsetenv("NCCL_ALGO");
}

}  // namespace
}  // namespace understudy
