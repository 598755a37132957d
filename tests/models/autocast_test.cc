#include "models/blocks/autocast.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace understudy {
namespace {

at::ScalarType product_type(const at::Tensor& a, const at::Tensor& b) {
  return at::matmul(a, b).scalar_type();
}

TEST(ProductsScope, DecidesForItsTimeAlone) {
  const at::Tensor square = torch::ones({2, 2});
  {
    const ProductsScope scope(at::kCPU, Products::kBfloat16);
    EXPECT_EQ(product_type(square, square), at::kBFloat16);
    {
      const ProductsScope inner(at::kCPU, Products::kAsGiven);
      EXPECT_EQ(product_type(square, square), at::kFloat);
    }
    EXPECT_EQ(product_type(square, square), at::kBFloat16);
  }
  EXPECT_EQ(product_type(square, square), at::kFloat);
}

TEST(ProductsScope, LeavesDoublePrecisionAlone) {
  const at::Tensor square = torch::ones({2, 2}, at::kDouble);
  const ProductsScope scope(at::kCPU, Products::kBfloat16);
  EXPECT_EQ(product_type(square, square), at::kDouble);
}

TEST(ProductsScope, ForgetsItsCopiesOfWeights) {
  const at::Tensor input = torch::ones({1, 1});
  const at::Tensor weight = torch::ones({1, 1}).set_requires_grad(true);
  const auto product = [&] {
    const ProductsScope scope(at::kCPU, Products::kBfloat16);
    return at::linear(input, weight);
  };
  {
    const at::NoGradGuard no_grad;
    EXPECT_EQ(product().item<float>(), 1.0F);
    weight.mul_(2);
  }
  const at::Tensor after = product();
  EXPECT_EQ(after.item<float>(), 2.0F);
  EXPECT_TRUE(after.requires_grad());
}

}  // namespace
}  // namespace understudy
