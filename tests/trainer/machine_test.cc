#include "trainer/machine.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace understudy {
namespace {

TEST(Machine, NamesTheTorchInUse) {
  EXPECT_EQ(torch_version(), std::string(TORCH_VERSION));
  EXPECT_FALSE(torch_cpu_capability().empty());
  EXPECT_FALSE(gpu_summary().empty());
}

TEST(Machine, HasMemory) {
  EXPECT_GT(memory_of_machine(), std::int64_t{1} << 28);
}

TEST(Machine, SetsTheThreadsOfThisProcess) {
  const int before = at::get_num_threads();
  set_intra_operator_threads(1);
  EXPECT_EQ(at::get_num_threads(), 1);
  set_intra_operator_threads(before);
  EXPECT_EQ(at::get_num_threads(), before);
}

TEST(Machine, AsksForDeterministicKernels) {
  at::Context& context = at::globalContext();
  const bool filled = context.deterministicFillUninitializedMemory();
  use_deterministic_kernels();
  EXPECT_TRUE(context.deterministicAlgorithms());
  EXPECT_FALSE(context.deterministicAlgorithmsWarnOnly());
  EXPECT_TRUE(context.deterministicCuDNN());
  EXPECT_FALSE(context.benchmarkCuDNN());
  context.setDeterministicAlgorithms(false, false);
  context.setDeterministicCuDNN(false);
  context.setDeterministicFillUninitializedMemory(filled);
}

}  // namespace
}  // namespace understudy
