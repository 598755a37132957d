#include "clusters/rank_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clusters/gpu.h"
#include "common/errors.h"
#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(GpuOf, TakesThePlaceOnTheNodeOrTheOnlyOneTheSchedulerShows) {
  EXPECT_EQ(gpu_of({.local_rank = 3, .local_size = 4, .visible = 4}), 3);
  EXPECT_EQ(gpu_of({.local_rank = 1, .local_size = 2, .visible = 8}), 1);
  EXPECT_EQ(gpu_of({.local_rank = 3, .local_size = 4, .visible = 1}), 0);
  EXPECT_EQ(gpu_of({.local_rank = 0, .local_size = 4, .visible = 2}), std::nullopt);
  EXPECT_EQ(gpu_of({.local_rank = 0, .local_size = 1, .visible = 0}), std::nullopt);
}

TEST(GpuProblems, FindsRanksWithoutAGpuAndTwoOnOne) {
  const GpuView first{.rank = 0, .node = "n1", .local_size = 2, .visible = 1, .id = "card-a"};
  const GpuView second{.rank = 1, .node = "n1", .local_rank = 1, .local_size = 2, .visible = 1, .id = "card-b"};
  EXPECT_THAT(gpu_problems({first, second}), IsEmpty());
  GpuView same = second;
  same.id = "card-a";
  EXPECT_THAT(gpu_problems({first, same}), ElementsAre(HasSubstr("ranks 0 and 1 on n1 have the same GPU")));
  const GpuView blind{.rank = 2, .node = "n2", .visible = 0};
  EXPECT_THAT(gpu_problems({first, second, blind}), ElementsAre(HasSubstr("rank 2 on n2 sees 0 GPUs")));
}

TEST(TakeDevice, TakesProcessorsWhenAskedTo) {
  run_on_thread_ranks(2, [](Communicator& ranks) { EXPECT_TRUE(take_device(DeviceChoice::kCpu, ranks).is_cpu()); });
}

TEST(TakeDevice, RefusesGpusInAProgramWithoutCuda) {
  if (built_for_gpus()) GTEST_SKIP() << "this program was built with CUDA";
  const auto ranks = single_rank();
  EXPECT_TRUE(take_device(DeviceChoice::kAuto, *ranks).is_cpu());
  EXPECT_THROW(take_device(DeviceChoice::kGpu, *ranks), ConfigError);
}

}  // namespace
}  // namespace understudy
