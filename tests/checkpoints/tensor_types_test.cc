#include "checkpoints/tensor_types.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(TensorTypes, AreFoundByEveryName) {
  EXPECT_EQ(find_type(at::kHalf)->safetensors, "F16");
  EXPECT_EQ(find_type_by_storage("LongStorage")->type, at::kLong);
  EXPECT_EQ(find_type_by_dtype("bfloat16")->type, at::kBFloat16);
  EXPECT_EQ(find_type_by_safetensors(""), nullptr);
  EXPECT_EQ(find_type_by_storage("os"), nullptr);
}

TEST(TensorTypes, ShapesThatOverflowHaveNoSize) {
  const std::vector<std::int64_t> fits = {1 << 20, 1 << 20};
  const std::vector<std::int64_t> overflows = {std::int64_t{1} << 40, 1 << 23};
  const std::vector<std::int64_t> negative = {2, -1};
  EXPECT_EQ(bytes_of_shape(fits, at::kFloat), std::uint64_t{1} << 42);
  EXPECT_FALSE(bytes_of_shape(overflows, at::kFloat));
  EXPECT_FALSE(bytes_of_shape(negative, at::kFloat));
  EXPECT_EQ(bytes_of_shape({}, at::kDouble), 8U);
}

TEST(PlainCopy, IsTheSameTensorWhenNothingHasToBeDone) {
  const at::Tensor tensor = at::arange(6.0).reshape({2, 3});
  EXPECT_EQ(plain_copy(tensor).data_ptr(), tensor.data_ptr());
  EXPECT_TRUE(plain_copy(tensor.t()).is_contiguous());
  EXPECT_EQ(bytes_of(tensor).size(), 24U);
}

}  // namespace
}  // namespace understudy
