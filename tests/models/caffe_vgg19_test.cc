#include "models/blocks/caffe_vgg19.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/errors.h"
#include "tests/models/golden_fill.h"

namespace understudy {
namespace {

TEST(CaffeVgg19, GivesAllThirteenActivationsUpToTheFifthStage) {
  const CaffeVgg19 network;
  const auto taps = network.forward(at::zeros({2, 3, 32, 48}));
  ASSERT_EQ(taps.size(), 13U);
  EXPECT_EQ(taps.front().sizes(), (at::IntArrayRef{2, 64, 32, 48}));
  EXPECT_EQ(taps[3].sizes(), (at::IntArrayRef{2, 128, 16, 24}));
  EXPECT_EQ(taps[7].sizes(), (at::IntArrayRef{2, 256, 8, 12}));
  EXPECT_EQ(taps.back().sizes(), (at::IntArrayRef{2, 512, 2, 3}));
}

TEST(CaffeVgg19, TakesNoGradientButPassesItOn) {
  CaffeVgg19 network;
  golden::fill_vgg(network, "vgg19.");
  at::Tensor picture = golden::named_uniform("picture", {1, 3, 16, 16}).requires_grad_();
  network.forward(picture).back().sum().backward();
  EXPECT_GT(picture.grad().norm().item<double>(), 0.0);
  for (const at::Tensor& parameter : network.parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(CaffeVgg19, ComputesInDoubleToo) {
  CaffeVgg19 network;
  golden::fill_vgg(network, "vgg19.");
  const at::Tensor picture = golden::named_uniform("picture", {1, 3, 16, 16});
  const at::Tensor single = network.forward(picture).back();
  convert_precision(network, at::kDouble);
  const at::Tensor twice = network.forward(picture.to(at::kDouble)).back();
  EXPECT_EQ(twice.scalar_type(), at::kDouble);
  EXPECT_TRUE(at::allclose(single.to(at::kDouble), twice, 1e-4, 1e-3));
}

TEST(CaffeVgg19, TakesTheOfficialFile) {
  CaffeVgg19 network;
  const NamedTensors state = state_of(network);
  NamedTensors file{{"features.30.weight", at::zeros({512, 512, 3, 3})}, {"classifier.6.bias", at::zeros({1000})}};
  for (const auto& [name, tensor] : state) file.emplace_back(name, at::ones_like(tensor));
  load_state(network, official_caffe_vgg19_names(file), "Caffe VGG-19");
  EXPECT_EQ(state.size(), 26U);
  for (const auto& [name, tensor] : state) EXPECT_EQ(tensor.min().item<float>(), 1.0F) << name;
  file.pop_back();
  EXPECT_THROW(load_state(network, official_caffe_vgg19_names(file), "Caffe VGG-19"), CheckpointError);
}

TEST(CaffeVgg19, TakesPrefixedNames) {
  const NamedTensors found = official_caffe_vgg19_names({{"vgg19.features.28.bias", at::zeros({512})}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first, "features.28.bias");
}

}  // namespace
}  // namespace understudy
