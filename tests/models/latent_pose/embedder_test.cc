#include "models/latent_pose/embedder.h"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/errors.h"
#include "models/blocks/state.h"
#include "tests/models/golden_fill.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

EmbedderConfig tiny_config() {
  return {.identity_size = 6,
          .pose_size = 5,
          .identity = {.width = 8, .groups = 4, .width_per_group = 2, .blocks = {1, 2}},
          .pose = {.width_multiplier = 0.25, .stem = 32, .last_width = 40, .stages = {{1, 16, 1, 1}, {2, 16, 2, 1}}}};
}

at::Tensor golden_values(const std::string& name, const at::Tensor& like) {
  if (name.ends_with("running_var")) return 1.0 + 0.5 * golden::named_symmetric(name, like.sizes());
  if (like.dim() > 1) return golden::named_symmetric(name, like.sizes(), std::sqrt(3.0 / golden::fan_in(like)));
  const bool scale = name.ends_with(".weight");
  return golden::named_tensor(
      name, like.sizes(), [&](double u) { return (scale ? 1.0 : 0.0) + 0.1 * (2.0 * u - 1.0); });
}

void fill_golden(Embedder& embedder) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : state_of(embedder)) {
    if (tensor.is_floating_point()) tensor.copy_(golden_values(name, tensor));
  }
}

at::Tensor golden_identity_pictures() {
  return golden::named_uniform("input.enc_rgbs", {2, 3, 256, 256});
}

TEST(Embedder, HasThePublishedNamesAndCounts) {
  const Embedder embedder{EmbedderConfig{}};
  const NamedTensors state = state_of(embedder);
  EXPECT_EQ(parameter_count(embedder), 26580800);
  EXPECT_EQ(embedder.parameters().size(), 319U);
  ASSERT_EQ(state.size(), 634U);
  EXPECT_EQ(state[0].first, "identity_encoder.conv1.weight");
  EXPECT_EQ(state[319].first, "identity_encoder.fc.bias");
  EXPECT_EQ(state[320].first, "pose_encoder.features.0.0.weight");
  EXPECT_EQ(state[633].first, "pose_encoder.classifier.1.bias");
}

TEST(Embedder, ReproducesThePublishedNetworks) {
  Embedder embedder{EmbedderConfig{}};
  fill_golden(embedder);
  const at::NoGradGuard no_grad;
  const at::Tensor identity =
      aggregate_descriptors(embedder.identity(golden_identity_pictures()), 2, Aggregation::kMean)[0];
  golden::expect_entries(identity, {2.1584892, -1.8954819});
  golden::expect_entries(identity[511], {0.0841052});
  golden::expect_entries(identity.mean(), {-0.1210475});
  golden::expect_entries(identity.std(0, /*unbiased=*/false), {1.3628242});
  const at::Tensor pose = embedder.pose(golden::named_uniform("input.pose_input_rgbs", {1, 3, 256, 256}))[0];
  golden::expect_entries(pose, {-0.1150698, -0.0167448});
  golden::expect_entries(pose[255], {0.0896380});
}

// The published code's float32 result is off by up to 9e-6; its float64 result is the reference.
TEST(Embedder, ReproducesThePublishedIdentityEncoderInTraining) {
  Embedder embedder{EmbedderConfig{}};
  fill_golden(embedder);
  const at::NoGradGuard no_grad;
  std::vector<BatchStatistics> statistics;
  const at::Tensor identity = embedder.identity_training(golden_identity_pictures(), statistics).mean(0);
  EXPECT_EQ(statistics.size(), 53U);
  EXPECT_NEAR(identity[0].item<double>(), 1.0294760, 1e-5);
  EXPECT_NEAR(identity[1].item<double>(), -0.5994499, 1e-5);
  EXPECT_NEAR(identity[511].item<double>(), 0.2068439, 1e-5);
}

struct TrainingPass {
  at::Tensor loss;
  std::vector<BatchStatistics> statistics;
};

TrainingPass train(const Embedder& embedder, at::ScalarType precision) {
  const at::Tensor images = golden::named_uniform("images", {4, 3, 64, 64}).to(precision);
  const at::Tensor dropout = ((golden::named_uniform("dropout", {4, 40}) < 0.8).to(precision)) / 0.8;
  TrainingPass pass;
  const at::Tensor identity = embedder.identity_training(images, pass.statistics);
  const at::Tensor pose = embedder.pose_training(images, dropout, pass.statistics);
  pass.loss = (aggregate_descriptors(identity, 2, Aggregation::kMean).sin().sum() + pose.sin().sum());
  return pass;
}

TEST(Embedder, ChangesBuffersOnlyWhenToldAndThenAsPyTorchDoes) {
  Embedder embedder{tiny_config()};
  initialize(embedder, 3, "embedder");
  NamedTensors before;
  for (const auto& [name, tensor] : state_of(embedder)) before.emplace_back(name, tensor.detach().clone());
  const TrainingPass pass = train(embedder, at::kFloat);
  pass.loss.backward();
  const NamedTensors after = state_of(embedder);
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(before[i].second, after[i].second)) << before[i].first;

  embedder.update_running_statistics(pass.statistics);
  const auto parameters = embedder.named_parameters();
  const auto buffers = embedder.named_buffers();
  for (const auto& [conv, norm] : {std::pair{"identity_encoder.conv1.weight", "identity_encoder.bn1."},
                                   std::pair{"pose_encoder.features.0.0.weight", "pose_encoder.features.0.1."}}) {
    const at::NoGradGuard no_grad;
    const at::Tensor& weight = parameters[conv];
    torch::nn::BatchNorm2d reference(weight.size(0));
    reference->forward(at::conv2d(golden::named_uniform("images", {4, 3, 64, 64}), weight, {}, 2, weight.size(2) / 2));
    const std::string prefix(norm);
    EXPECT_TRUE(at::allclose(buffers[prefix + "running_mean"], reference->running_mean, 1e-5, 1e-7));
    EXPECT_TRUE(at::allclose(buffers[prefix + "running_var"], reference->running_var, 1e-5, 1e-7));
  }
  for (const auto& buffer : buffers) {
    if (buffer.key().ends_with("num_batches_tracked")) {
      EXPECT_EQ(buffer.value().item<std::int64_t>(), 1) << buffer.key();
    }
  }
}

TEST(Embedder, RefusesStatisticsOfAnotherNetwork) {
  Embedder embedder{tiny_config()};
  std::vector<BatchStatistics> statistics;
  embedder.identity_training(golden::named_uniform("images", {2, 3, 64, 64}), statistics);
  EXPECT_THROW(embedder.update_running_statistics(statistics), ShapeError);
}

TEST(Embedder, HasTheGradientOfItsTrainingPass) {
  Embedder embedder{tiny_config()};
  initialize(embedder, 3, "embedder");
  convert_precision(embedder, at::kDouble);
  train(embedder, at::kDouble).loss.backward();
  const at::NoGradGuard no_grad;
  double slope = 0.0;
  constexpr double kStep = 1e-8;  // so small that hardly a unit passes a kink, where the slope jumps
  const auto move = [&](double step) {
    for (const auto& parameter : embedder.named_parameters()) {
      parameter.value().add_(golden::named_symmetric(parameter.key(), parameter.value().sizes()), step);
    }
    return train(embedder, at::kDouble).loss.item<double>();
  };
  for (const auto& parameter : embedder.named_parameters()) {
    const at::Tensor direction = golden::named_symmetric(parameter.key(), parameter.value().sizes());
    slope += (parameter.value().grad() * direction).sum().item<double>();
  }
  const double ahead = move(kStep);
  const double behind = move(-2 * kStep);
  EXPECT_NEAR(slope, (ahead - behind) / (2 * kStep), 1e-5 * std::abs(slope));
}

TEST(Embedder, ComputesAlikeInBothPrecisions) {
  Embedder embedder{tiny_config()};
  initialize(embedder, 3, "embedder");
  const at::NoGradGuard no_grad;
  const at::Tensor images = golden::named_uniform("images", {4, 3, 64, 64});
  const at::Tensor identity = embedder.identity(images);
  const at::Tensor pose = embedder.pose(images);
  const double loss = train(embedder, at::kFloat).loss.item<double>();
  convert_precision(embedder, at::kDouble);
  EXPECT_LT(golden::relative_difference(identity, embedder.identity(images.to(at::kDouble))), 1e-5);
  EXPECT_LT(golden::relative_difference(pose, embedder.pose(images.to(at::kDouble))), 1e-5);
  EXPECT_NEAR(train(embedder, at::kDouble).loss.item<double>(), loss, 1e-4);
}

TEST(Embedder, StartsAsTorchvisionDoes) {
  EmbedderConfig config;
  config.identity.blocks = {1, 1, 1, 1};
  Embedder embedder(config);
  initialize(embedder, 7, "embedder");
  const auto parameters = embedder.named_parameters();
  const auto deviation = [&](const char* name) { return parameters[name].std().item<double>(); };
  EXPECT_NEAR(deviation("identity_encoder.layer4.0.conv2.weight"), std::sqrt(2.0 / (9 * 1024)), 1e-4);
  EXPECT_NEAR(deviation("pose_encoder.features.18.0.weight"), std::sqrt(2.0 / 1280), 2e-4);
  EXPECT_NEAR(deviation("pose_encoder.classifier.1.weight"), 0.01, 1e-4);
  EXPECT_EQ(parameters["pose_encoder.classifier.1.bias"].abs().max().item<double>(), 0.0);
  const at::Tensor fc = parameters["identity_encoder.fc.weight"].abs();
  EXPECT_LE(fc.max().item<double>(), 1.0 / std::sqrt(2048.0));
  EXPECT_NEAR(fc.mean().item<double>(), 0.5 / std::sqrt(2048.0), 1e-4);
  EXPECT_GT(parameters["identity_encoder.fc.bias"].abs().max().item<double>(), 0.0);
  EXPECT_EQ(parameters["identity_encoder.layer1.0.bn3.weight"].min().item<double>(), 1.0);
}

TEST(AggregateDescriptors, TakesMeanOrLargestOverTheFramesOfASample) {
  const at::Tensor descriptors = torch::tensor({{1.0, 5.0}, {3.0, -1.0}, {0.0, 0.0}, {0.0, 4.0}});
  EXPECT_TRUE(
      at::equal(aggregate_descriptors(descriptors, 2, Aggregation::kMean), torch::tensor({{2.0, 2.0}, {0.0, 2.0}})));
  EXPECT_TRUE(
      at::equal(aggregate_descriptors(descriptors, 2, Aggregation::kMax), torch::tensor({{3.0, 5.0}, {0.0, 4.0}})));
}

}  // namespace
}  // namespace understudy
