#include "models/blocks/mobilenet_v2.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "tests/models/golden_fill.h"

namespace understudy {
namespace {

const MobileNetConfig kTiny{
    .width_multiplier = 0.25, .stem = 32, .last_width = 40, .stages = {{1, 16, 1, 1}, {3, 48, 2, 2}, {2, 64, 2, 2}}};

MobileNetV2 tiny_network() {
  MobileNetV2 network(kTiny, 5);
  initialize(network, 1, "network", {.kaiming_convolutions = true, .linear_deviation = 0.5});
  const at::NoGradGuard no_grad;
  network.named_parameters()["classifier.1.bias"].copy_(golden::named_symmetric("bias", {5}));
  return network;
}

TEST(MobileNetV2, HasThePublishedNamesAndShapes) {
  const MobileNetV2 network({}, 256);
  EXPECT_EQ(parameter_count(network), 2551808);
  const NamedTensors state = state_of(network);
  ASSERT_EQ(state.size(), 314U);
  EXPECT_EQ(network.parameters().size(), 158U);
  EXPECT_EQ(state[0].first, "features.0.0.weight");
  EXPECT_EQ(state[1].first, "features.0.1.weight");
  EXPECT_EQ(state[6].first, "features.1.conv.0.0.weight");
  EXPECT_EQ(state[6].second.sizes(), (at::IntArrayRef{32, 1, 3, 3}));
  EXPECT_EQ(state[12].first, "features.1.conv.1.weight");
  EXPECT_EQ(state[13].first, "features.1.conv.2.weight");
  EXPECT_EQ(state[18].first, "features.2.conv.0.0.weight");
  EXPECT_EQ(state[24].first, "features.2.conv.1.0.weight");
  EXPECT_EQ(state[30].first, "features.2.conv.2.weight");
  EXPECT_EQ(state[31].first, "features.2.conv.3.weight");
  EXPECT_EQ(state[306].first, "features.18.0.weight");
  EXPECT_EQ(state[306].second.sizes(), (at::IntArrayRef{1280, 320, 1, 1}));
  EXPECT_EQ(state[312].first, "classifier.1.weight");
  EXPECT_EQ(state[313].second.sizes(), (at::IntArrayRef{256}));
}

TEST(MobileNetV2, LeavesLaterStagesOut) {
  const MobileNetV2 network({.last_width = 48, .used_stages = 2}, 7);
  const NamedTensors state = state_of(network);
  const auto shape_of = [&](const std::string& name) {
    const auto found = std::find_if(state.begin(), state.end(), [&](const auto& item) { return item.first == name; });
    return found == state.end() ? at::IntArrayRef() : found->second.sizes();
  };
  EXPECT_EQ(shape_of("features.4.0.weight"), (at::IntArrayRef{48, 24, 1, 1}));  // after 1 + 2 blocks
  EXPECT_EQ(shape_of("features.5.0.weight"), at::IntArrayRef());
  EXPECT_EQ(shape_of("classifier.1.weight"), (at::IntArrayRef{7, 48}));
}

TEST(ConvNormRelu6, CutsOffBelowZeroAndAboveSixAndSoDoesItsGradient) {
  ConvNormRelu6 layer({.inputs = 1, .outputs = 1, .kernel = 1, .with_bias = false});
  {
    const at::NoGradGuard no_grad;
    layer.named_parameters()["0.weight"].fill_(1.0);
    layer.named_buffers()["1.running_var"].fill_(1.0 - 1e-5);
  }
  const at::Tensor input = torch::tensor({-1.0F, 2.0F, 5.5F, 7.0F}).view({1, 1, 2, 2}).requires_grad_();
  const at::Tensor output = layer.forward(input, nullptr);
  output.sum().backward();
  EXPECT_TRUE(at::allclose(output.flatten(), torch::tensor({0.0F, 2.0F, 5.5F, 6.0F})));
  EXPECT_TRUE(at::allclose(input.grad().flatten(), torch::tensor({0.0F, 1.0F, 1.0F, 0.0F})));
}

TEST(MobileNetV2, RunsInSmallSizes) {
  const MobileNetV2 network = tiny_network();
  const at::Tensor output = network.forward(golden::named_uniform("images", {2, 3, 64, 64}));
  EXPECT_EQ(output.sizes(), (at::IntArrayRef{2, 5}));
}

// As in the test of ResNeXt50: passes of both kinds agree on the batch that gave the running statistics.
TEST(MobileNetV2, ReportsStatisticsInTheOrderInWhichItTakesThemBack) {
  const MobileNetV2 network = tiny_network();
  const at::NoGradGuard no_grad;
  const at::Tensor images = golden::named_uniform("images", {64, 3, 32, 32});
  std::vector<BatchStatistics> statistics;
  const at::Tensor trained = network.forward_training(images, {}, statistics);
  ASSERT_EQ(statistics.size(), 16U);
  for (int i = 0; i < 200; ++i) update_running_statistics(network, statistics);
  EXPECT_TRUE(at::allclose(network.forward(images), trained, 1e-2, 1e-2));
  EXPECT_GT(trained.abs().max().item<double>(), 0.3);
}

TEST(MobileNetV2, DropsFeaturesInFrontOfTheClassifier) {
  const MobileNetV2 network = tiny_network();
  const at::NoGradGuard no_grad;
  const at::Tensor images = golden::named_uniform("images", {3, 3, 32, 32});
  const auto run = [&](const at::Tensor& dropout) {
    std::vector<BatchStatistics> statistics;
    return network.forward_training(images, dropout, statistics);
  };
  const at::Tensor kept = run(at::ones({3, 40}));
  const at::Tensor bias = network.named_parameters()["classifier.1.bias"].expand({3, 5});
  EXPECT_TRUE(at::equal(kept, run({})));
  EXPECT_TRUE(at::equal(bias, run(at::zeros({3, 40}))));
  const at::Tensor part = (golden::named_uniform("mask", {3, 40}) < 0.5).to(at::kFloat);
  EXPECT_TRUE(at::allclose(run(part) + run(1 - part), kept + bias, 1e-5, 1e-5));
  EXPECT_FALSE(at::allclose(run(part), kept, 1e-2, 1e-2));
}

}  // namespace
}  // namespace understudy
