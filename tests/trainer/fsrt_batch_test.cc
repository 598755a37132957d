#include "trainer/recipes/fsrt/fsrt_batch.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace understudy {
namespace {

TEST(FsrtBatch, KeepsEveryTensorAtItsPlace) {
  FsrtBatch batch;
  std::int64_t number = 0;
  for (at::Tensor* member : {&batch.source_a1,
                             &batch.source_a2,
                             &batch.source_full_a2,
                             &batch.driving_a1,
                             &batch.driving_a2,
                             &batch.driving_full_a2,
                             &batch.driving_face_a3,
                             &batch.crop_scale,
                             &batch.crop_shift,
                             &batch.query_pixels,
                             &batch.plain_from_a2,
                             &batch.use_plain_expression}) {
    *member = torch::full({1}, number++);
  }
  const Sample sample = to_sample(batch);
  ASSERT_EQ(sample.size(), 12U);
  for (std::size_t i = 0; i < sample.size(); ++i) EXPECT_EQ(sample[i].item<double>(), static_cast<double>(i));
  const FsrtBatch again = from_sample(sample);
  EXPECT_TRUE(again.driving_face_a3.is_same(batch.driving_face_a3));
  EXPECT_TRUE(again.use_plain_expression.is_same(batch.use_plain_expression));
}

TEST(FsrtBatch, KnowsItsSizes) {
  FsrtBatch batch;
  batch.source_a1 = torch::zeros({2, 3, 3, 8, 8});
  EXPECT_EQ(batch.samples(), 2);
  EXPECT_EQ(batch.sources(), 3);
  EXPECT_EQ(batch.picture_size(), 8);
}

}  // namespace
}  // namespace understudy
