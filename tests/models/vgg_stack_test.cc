#include "models/blocks/vgg_stack.h"

#include <array>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/golden_fill.h"

namespace understudy {
namespace {

constexpr std::array kTwoStages{1, 2};

at::Tensor convolved(const VggStack& stack, const std::string& name, const at::Tensor& input) {
  const auto parameters = stack.named_parameters();
  return at::conv2d(input, parameters[name + ".weight"], parameters[name + ".bias"], 1, 1).relu();
}

TEST(VggConvolutions, CountTheLayersOfTorchvision) {
  const auto convolutions = vgg_convolutions(std::array{2, 2, 3, 3, 3});
  const std::array<std::int64_t, 13> indices{0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28};
  ASSERT_EQ(convolutions.size(), indices.size());
  for (std::size_t i = 0; i < indices.size(); ++i) EXPECT_EQ(convolutions[i].index, indices[i]);
  EXPECT_EQ(convolutions[0].inputs, 3);
  EXPECT_EQ(convolutions[2].inputs, 64);
  EXPECT_EQ(convolutions[2].outputs, 128);
  EXPECT_EQ(convolutions[12].outputs, 512);
}

TEST(VggStack, PoolsWhereAStageBegins) {
  const at::Tensor picture = golden::named_uniform("picture", {1, 3, 8, 10});
  for (const VggPooling pooling : {VggPooling::kMax, VggPooling::kAverage}) {
    VggStack stack(vgg_convolutions(kTwoStages), pooling);
    golden::fill_vgg(stack, "");
    const at::Tensor first = convolved(stack, "0", picture);
    const at::Tensor windows = first.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4);
    const at::Tensor pooled = pooling == VggPooling::kMax ? windows.amax(4) : windows.mean(4);
    const at::Tensor second = convolved(stack, "3", pooled);
    const auto found = stack.all_activations(picture);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_TRUE(at::allclose(found[0], first));
    EXPECT_TRUE(at::allclose(found[1], second, 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(found[2], convolved(stack, "5", second), 1e-5, 1e-6));
    EXPECT_TRUE(found[2].equal(stack.last_activation(picture)));
  }
}

TEST(CaffeInput, TreatsUnitPicturesAsSymmetricOnes) {
  const at::Tensor black = caffe_input(at::zeros({1, 3, 1, 1}, at::kDouble)).flatten();
  EXPECT_NEAR(black[0].item<double>(), 23.561, 1e-12);
  EXPECT_NEAR(black[1].item<double>(), 10.721, 1e-12);
  EXPECT_NEAR(black[2].item<double>(), 3.820, 1e-12);
  const at::Tensor step = caffe_input(at::ones({1, 3, 1, 1}, at::kDouble)).flatten() - black;
  EXPECT_TRUE(at::allclose(step, at::full({3}, 127.5, at::kDouble)));
}

TEST(StackTensors, TakeThePrefixOffAndLeaveTheRestOut) {
  const NamedTensors file{{"net.features.0.bias", at::ones({1})},
                          {"features.3.weight", at::ones({2})},
                          {"features.7.weight", at::ones({3})},
                          {"0.weight", at::ones({4})},
                          {"classifier.1.weight", at::ones({5})}};
  const NamedTensors found = stack_tensors(file, vgg_convolutions(kTwoStages), "net.", "features.");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].first, "features.0.bias");
  EXPECT_EQ(found[1].first, "features.3.weight");
}

}  // namespace
}  // namespace understudy
