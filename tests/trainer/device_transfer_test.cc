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

TEST(DeviceTransfer, RoundsPicturesAloneWhenTheyAreHandedOverInHalf) {
  const at::Tensor pictures = at::full({2, 3, 4, 4}, 0.3F);
  const at::Tensor scale = at::full({2}, 0.3F);
  const at::Tensor pixels = at::full({3, 2, 2}, 7, at::kLong);
  MicroBatch batch{.tensors = handed_over({pictures, scale, pixels}, HandOver::kFloat16)};
  EXPECT_EQ(batch.tensors[0].scalar_type(), at::kHalf);
  EXPECT_TRUE(batch.tensors[1].is_same(scale));
  EXPECT_TRUE(batch.tensors[2].is_same(pixels));
  const at::Tensor found = moved_to(at::kCPU, std::move(batch)).tensors[0];
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(found, at::full({2, 3, 4, 4}, 0.300048828125F)));  // 1229 / 4096
}

}  // namespace
}  // namespace understudy
