#include "models/blocks/layers.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

at::Tensor wave(at::IntArrayRef sizes) {
  return golden::tensor_of(sizes, [](std::uint32_t i) { return golden::symmetric(3, i); }).to(at::kDouble);
}

TEST(BatchNorm2d, ReportsMeanAndUnbiasedVarianceOfTheBatch) {
  BatchNorm2d norm(3);
  convert_precision(norm, at::kDouble);
  const at::Tensor input = wave({2, 3, 4, 5});
  std::vector<BatchStatistics> statistics;
  const at::Tensor output = norm.forward_with_batch_statistics(input, statistics);
  const at::Tensor channels = input.transpose(0, 1).flatten(1);
  EXPECT_TRUE(at::allclose(statistics[0].mean, channels.mean(1), 1e-12, 1e-12));
  EXPECT_TRUE(at::allclose(statistics[0].variance, channels.var(1, /*unbiased=*/true), 1e-12, 1e-12));
  const at::Tensor normed = output.detach().transpose(0, 1).flatten(1);
  EXPECT_LT(normed.mean(1).abs().max().item<double>(), 1e-12);
  EXPECT_TRUE(at::allclose(normed.var(1, false), at::ones({3}, at::kDouble), 1e-3, 0));
}

TEST(BatchNorm2d, GivesStatisticsAwayForGood) {
  const BatchNorm2d norm(2);
  at::Tensor input = wave({2, 2, 3, 3}).to(at::kFloat).requires_grad_();
  std::vector<BatchStatistics> statistics;
  const at::Tensor output = norm.forward_with_batch_statistics(input, statistics);
  statistics[0].mean.mul_(2);
  statistics[0].variance.mul_(2);
  EXPECT_NO_THROW(output.sum().backward());
  EXPECT_FALSE(statistics[0].variance.requires_grad());
}

TEST(BatchNorm2d, FindsNoVarianceInASingleNumber) {
  const BatchNorm2d norm(2);
  std::vector<BatchStatistics> statistics;
  norm.forward_with_batch_statistics(at::full({1, 2, 1, 1}, 3.0), statistics);
  EXPECT_TRUE(at::equal(statistics[0].mean, at::full({2}, 3.0)));
  EXPECT_TRUE(at::equal(statistics[0].variance, at::zeros({2})));
}

TEST(BatchNorm2d, MovesItsRunningStatisticsByATenthAnIteration) {
  BatchNorm2d norm(1);
  norm.update_running_statistics({at::full({1}, 5.0), at::full({1}, 3.0)});
  const auto buffers = norm.named_buffers();
  EXPECT_FLOAT_EQ(buffers["running_mean"].item<float>(), 0.5F);
  EXPECT_FLOAT_EQ(buffers["running_var"].item<float>(), 1.2F);
  EXPECT_EQ(buffers["num_batches_tracked"].item<std::int64_t>(), 1);
}

TEST(Linear, MultipliesManyRowsAsFewWithTheirGradients) {
  Linear linear(256, 288);
  initialize(linear, 1, "linear");
  Linear reference(256, 288);
  convert_precision(reference, at::kDouble);
  initialize(reference, 1, "linear");
  at::Tensor input = wave({2, 640, 256}).to(at::kFloat).requires_grad_();
  at::Tensor same = wave({2, 640, 256}).to(at::kFloat).to(at::kDouble).requires_grad_();
  const at::Tensor output = linear.forward(input);
  const at::Tensor expected = reference.forward(same);
  EXPECT_TRUE(output.is_contiguous());
  EXPECT_LT(golden::relative_difference(output, expected), 1e-6);
  const at::Tensor cotangent = wave(output.sizes()).to(at::kFloat);
  const auto gradients = torch::autograd::grad({output}, {input, linear.weight(), linear.bias()}, {cotangent});
  const auto references =
      torch::autograd::grad({expected}, {same, reference.weight(), reference.bias()}, {cotangent.to(at::kDouble)});
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    EXPECT_LT(golden::relative_difference(gradients[i], references[i]), 1e-6);
    EXPECT_TRUE(gradients[i].is_contiguous());
  }
}

TEST(Mlp, HasNoActivationAtItsEnd) {
  Mlp mlp({2, 3, 2});
  const at::NoGradGuard no_grad;
  mlp.layers()[0]->weight().fill_(1.0);
  mlp.layers()[1]->weight().fill_(-1.0);
  const at::Tensor output = mlp.forward(torch::tensor({{1.0F, 1.0F}, {-1.0F, -1.0F}}));
  EXPECT_TRUE(at::equal(output, torch::tensor({{-6.0F, -6.0F}, {0.0F, 0.0F}})));
}

TEST(InstanceNorm2d, RemovesAConstantPerPictureAndChannel) {
  const InstanceNorm2d norm(2);
  const at::Tensor input = wave({2, 2, 5, 5}).to(at::kFloat);
  const at::Tensor shifted = input + at::tensor({1.0F, -2.0F, 3.0F, 4.0F}).view({2, 2, 1, 1});
  EXPECT_TRUE(at::allclose(norm.forward(input), norm.forward(shifted), 1e-4, 1e-5));
}

TEST(Layers, StartWithoutAnyRandomNumber) {
  const at::Tensor generator_before = at::globalContext().defaultGenerator(at::kCPU).get_state();
  const Linear linear(4, 4);
  const Conv2d conv({.inputs = 2, .outputs = 2, .kernel = 3});
  EXPECT_EQ(linear.weight().abs().sum().item<float>(), 0.0F);
  EXPECT_EQ(conv.weight().abs().sum().item<float>(), 0.0F);
  EXPECT_TRUE(at::equal(generator_before, at::globalContext().defaultGenerator(at::kCPU).get_state()));
}

}  // namespace
}  // namespace understudy
