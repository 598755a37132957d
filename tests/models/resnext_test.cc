#include "models/blocks/resnext.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "tests/models/golden_fill.h"

namespace understudy {
namespace {

const ResNeXtConfig kTiny{.width = 8, .groups = 4, .width_per_group = 2, .blocks = {1, 2, 1}};

TEST(ResNeXt50, HasThePublishedNamesAndShapes) {
  const ResNeXt50 network({}, 512);
  EXPECT_EQ(parameter_count(network), 24028992);
  const NamedTensors state = state_of(network);
  ASSERT_EQ(state.size(), 320U);
  EXPECT_EQ(network.parameters().size(), 161U);
  EXPECT_EQ(state[0].first, "conv1.weight");
  EXPECT_EQ(state[5].first, "bn1.num_batches_tracked");
  EXPECT_EQ(state[6].first, "layer1.0.conv1.weight");
  EXPECT_EQ(state[12].first, "layer1.0.conv2.weight");
  EXPECT_EQ(state[12].second.sizes(), (at::IntArrayRef{128, 4, 3, 3}));
  EXPECT_EQ(state[24].first, "layer1.0.downsample.0.weight");
  EXPECT_EQ(state[25].first, "layer1.0.downsample.1.weight");
  EXPECT_EQ(state[30].first, "layer1.1.conv1.weight");
  EXPECT_EQ(state[317].first, "layer4.2.bn3.num_batches_tracked");
  EXPECT_EQ(state[318].first, "fc.weight");
  EXPECT_EQ(state[318].second.sizes(), (at::IntArrayRef{512, 2048}));
  EXPECT_EQ(state[319].first, "fc.bias");
}

TEST(ResNeXt50, RunsInSmallSizes) {
  ResNeXt50 network(kTiny, 6);
  initialize(network, 1, "network", {.kaiming_convolutions = true});
  const at::Tensor output = network.forward(golden::named_uniform("images", {2, 3, 64, 64}));
  EXPECT_EQ(output.sizes(), (at::IntArrayRef{2, 6}));
  EXPECT_EQ(network.named_parameters()["layer3.0.conv2.weight"].sizes(), (at::IntArrayRef{32, 8, 3, 3}));
  EXPECT_EQ(network.named_parameters()["fc.weight"].sizes(), (at::IntArrayRef{6, 128}));
}

// Once the running statistics are those of a batch, both kinds of pass agree on it, up to the n / (n - 1) of the
// unbiased variance.
TEST(ResNeXt50, ReportsStatisticsInTheOrderInWhichItTakesThemBack) {
  ResNeXt50 network(kTiny, 6);
  initialize(network, 1, "network", {.kaiming_convolutions = true});
  const at::NoGradGuard no_grad;
  const at::Tensor images = golden::named_uniform("images", {64, 3, 32, 32});
  std::vector<BatchStatistics> statistics;
  const at::Tensor trained = network.forward_training(images, statistics);
  ASSERT_EQ(statistics.size(), 16U);
  for (int i = 0; i < 200; ++i) update_running_statistics(network, statistics);
  EXPECT_TRUE(at::allclose(network.forward(images), trained, 1e-2, 1e-2));
  EXPECT_GT(trained.abs().max().item<double>(), 0.3);
}

}  // namespace
}  // namespace understudy
