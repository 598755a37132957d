#include "models/blocks/attention.h"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

at::Tensor wave(at::IntArrayRef sizes, std::uint32_t n) {
  return golden::tensor_of(sizes, [&](std::uint32_t i) { return 2 * golden::symmetric(n, i); }).to(at::kDouble);
}

class Attend : public ::testing::TestWithParam<Arithmetic> {};

TEST_P(Attend, EqualsTheWholeScoreMatrixWithItsGradients) {
  // More queries than the plain form takes at once.
  std::vector<at::Tensor> leaves{wave({2, 3, 1033, 8}, 1), wave({2, 3, 70, 8}, 2), wave({2, 3, 70, 8}, 3)};
  for (at::Tensor& leaf : leaves) leaf.requires_grad_();
  const at::Tensor attended = attend(leaves[0], {leaves[1], leaves[2]}, GetParam());
  const at::Tensor scores = at::matmul(leaves[0], leaves[1].transpose(2, 3)) / std::sqrt(8.0);
  const at::Tensor plain = at::matmul(scores.softmax(-1), leaves[2]);
  EXPECT_LT(golden::relative_difference(attended, plain), 1e-13);
  const at::Tensor cotangent = wave(attended.sizes(), 4);
  const auto gradients = torch::autograd::grad({attended}, leaves, {cotangent});
  const auto references = torch::autograd::grad({plain}, leaves, {cotangent});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_LT(golden::relative_difference(gradients[i], references[i]), 1e-12);
  }
}

TEST_P(Attend, IsTheSameForEachThreadCount) {
  const at::Tensor queries = wave({1, 2, 129, 8}, 1).to(at::kFloat);
  const KeyValues memory{wave({1, 2, 70, 8}, 2).to(at::kFloat), wave({1, 2, 70, 8}, 3).to(at::kFloat)};
  const int threads = at::get_num_threads();
  const at::Tensor several = attend(queries, memory, GetParam());
  at::set_num_threads(1);
  EXPECT_TRUE(at::equal(several, attend(queries, memory, GetParam())));
  at::set_num_threads(threads);
}

TEST(AttendPlainly, GivesTheBitsOfTheWholeScoreMatrix) {
  const at::Tensor queries = wave({1, 2, 1500, 64}, 1).to(at::kFloat);
  const KeyValues memory{wave({1, 2, 256, 64}, 2).to(at::kFloat), wave({1, 2, 256, 64}, 3).to(at::kFloat)};
  const at::Tensor whole =
      at::matmul((at::matmul(queries, memory.keys.transpose(2, 3)) * 0.125).softmax(-1), memory.values);
  EXPECT_TRUE(at::equal(attend(queries, memory, Arithmetic::kPlain), whole));
}

INSTANTIATE_TEST_SUITE_P(FastAndPlain, Attend, ::testing::Values(Arithmetic::kFast, Arithmetic::kPlain));

TEST(SplitHeads, GivesEachHeadItsRunOfFeatures) {
  const at::Tensor features = at::arange(24, at::kFloat).view({1, 2, 12});
  const at::Tensor heads = split_heads(features, 3);
  ASSERT_EQ(heads.sizes(), (at::IntArrayRef{1, 3, 2, 4}));
  EXPECT_EQ(heads[0][1][0][2].item<float>(), 6.0F);
  EXPECT_EQ(heads[0][2][1][0].item<float>(), 20.0F);
  EXPECT_TRUE(at::equal(join_heads(heads), features));
}

}  // namespace
}  // namespace understudy
