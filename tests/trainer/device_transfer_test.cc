#include "trainer/device_transfer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(DeviceTransfer, CopiesNothingForACpu) {
  const MicroBatch batch{.iteration = 3,
                         .index = 2,
                         .episodes = std::vector<Episode>(1),
                         .tensors = {at::zeros({1, 3}), at::zeros({1}, at::kByte)}};
  const MicroBatch found = moved_to(at::kCPU, staged_for(at::kCPU, batch));
  EXPECT_EQ(found.iteration, 3);
  EXPECT_EQ(found.index, 2);
  EXPECT_EQ(found.size(), 1);
  for (std::size_t i = 0; i < batch.tensors.size(); ++i) EXPECT_TRUE(found.tensors[i].is_same(batch.tensors[i]));
}

}  // namespace
}  // namespace understudy
