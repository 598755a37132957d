#include "models/fsrt/expression_network.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/state.h"
#include "models/fsrt/keypoint_detector.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

TEST(ExpressionNetwork, ReproducesThePublishedNetwork) {
  const FsrtModelConfig config;
  KeypointDetector detector{config};
  ExpressionNetwork network{config};
  golden::fill(detector);
  golden::fill(network);
  const Detection found = detector.detect(golden::picture(0, 256));
  const at::Tensor vector = network.forward(found.features, found.heatmaps);
  golden::expect_norm(vector, 8.8110636);
  golden::expect_entries(vector, {1.1468922, -0.21218294, -0.54266852, 0.15966427});
  golden::expect_entries(vector[0][128], {0.94453686});
  golden::expect_entries(vector[0][255], {-0.55183494});
}

TEST(ExpressionNetwork, HasThePublishedCountForEverySize) {
  for (const auto& [size, count] : {std::pair{256, 2558976}, {128, 2476928}, {64, 2435904}}) {
    FsrtModelConfig config;
    config.expression_size = size;
    EXPECT_EQ(parameter_count(ExpressionNetwork{config}), count);
  }
}

TEST(ExpressionNetwork, NamesItsTensorsAsPublished) {
  const NamedTensors state = state_of(ExpressionNetwork{FsrtModelConfig{}});
  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> expected{
      {"expression.weight", {320, 35, 7, 7}},
      {"expression.bias", {320}},
      {"expression_mlp.0.weight", {640, 320}},
      {"expression_mlp.0.bias", {640}},
      {"expression_mlp.2.weight", {1280, 640}},
      {"expression_mlp.2.bias", {1280}},
      {"expression_mlp.4.weight", {640, 1280}},
      {"expression_mlp.4.bias", {640}},
      {"expression_mlp.6.weight", {256, 640}},
      {"expression_mlp.6.bias", {256}}};
  ASSERT_EQ(state.size(), expected.size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    EXPECT_EQ(state[i].first, expected[i].first);
    EXPECT_EQ(state[i].second.sizes(), at::IntArrayRef(expected[i].second));
  }
}

}  // namespace
}  // namespace understudy
