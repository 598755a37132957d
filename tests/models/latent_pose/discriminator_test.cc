#include "models/latent_pose/discriminator.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/autocast.h"
#include "models/blocks/initialization.h"
#include "tests/models/latent_pose/golden_networks.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

LatentPoseDiscriminatorConfig small_size() {
  LatentPoseDiscriminatorConfig config;
  config.image_size = 16;
  config.channels = 4;
  config.identity_size = 8;
  config.blocks = 4;
  config.labels = 5;
  return config;
}

at::Tensor small_pictures() {
  return golden::named_uniform("pictures", {2, 3, 16, 16});
}

at::Tensor labels() {
  return at::tensor({3, 1}, at::kLong);
}

std::vector<std::string> expected_names() {
  std::vector<std::string> names;
  const auto add = [&](const std::string& layer) {
    for (const char* part : {".bias", ".weight_orig", ".weight_u", ".weight_v"}) names.push_back(layer + part);
  };
  for (const char* layer : {"down_block.0", "down_block.2", "skip.0"}) add(layer);
  for (int i = 0; i < 6; ++i) {
    const std::string block = "blocks." + std::to_string(i);
    add(block + ".block.2");
    add(block + ".block.5");
    if (i < 5) add(block + ".skip.0");
  }
  add("linear");
  for (const char* part : {"weight_orig", "weight_u", "weight_v"}) names.push_back(std::string("embed.") + part);
  return names;
}

TEST(ProjectionDiscriminator, HasThePublishedNamesAndShapes) {
  ProjectionDiscriminator network{golden::discriminator_of_100_labels()};
  EXPECT_EQ(parameter_count(network), 19543233 + 100 * 512);
  EXPECT_EQ(network.parameters().size(), 43U);
  const NamedTensors state = state_of(network);
  const std::vector<std::string> names = expected_names();
  ASSERT_EQ(names.size(), 87U);
  ASSERT_EQ(state.size(), 87U);
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(state[i].first, names[i]);
  EXPECT_EQ(state.back().second.sizes(), (at::IntArrayRef{512}));
  network.set_identity(at::ones({512}));
  EXPECT_EQ(parameter_count(network), 19543745);
  EXPECT_EQ(state_of(network).back().first, "embed.weight_v");
}

TEST(ProjectionDiscriminator, GivesTheUnitVectorOfOnePerson) {
  ProjectionDiscriminator network{golden::discriminator_of_100_labels()};
  network.set_identity(golden::identity()[0]);
  const at::Tensor vector = network.label_embedding(at::zeros({1}, at::kLong))[0];
  golden::expect_entries(vector, {-0.07551349, 0.01104508, 0.00947500});
  golden::expect_relative(vector.norm(), 1.0, 1e-6);
  EXPECT_TRUE(at::equal(network.named_parameters()["embed.weight_orig"][0], golden::identity()[0]));
  network.iterate_power();
  golden::expect_relative(network.label_embedding(at::zeros({1}, at::kLong)).norm(), 1.0, 1e-6);
}

TEST(ProjectionDiscriminator, TakesOnePersonInItsOwnPrecision) {
  ProjectionDiscriminator network{small_size()};
  convert_precision(network, at::kDouble);
  const at::Tensor person = golden::named_symmetric("person", {8}).to(at::kDouble);
  network.set_identity(person);
  const at::Tensor vector = network.label_embedding(at::zeros({1}, at::kLong))[0];
  EXPECT_EQ(vector.scalar_type(), at::kDouble);
  EXPECT_LT(golden::relative_difference(vector, person / person.norm()), 1e-14);
  vector.sum().backward();
  EXPECT_TRUE(network.named_parameters()["embed.weight_orig"].grad().defined());
}

// The effective weight of a layer outside a training iteration.
at::Tensor effective(const torch::nn::Module& network, const std::string& layer) {
  const auto buffers = network.named_buffers();
  const at::Tensor weight = network.named_parameters()[layer + ".weight_orig"];
  return weight / at::dot(buffers[layer + ".weight_u"], at::mv(weight.flatten(1), buffers[layer + ".weight_v"]));
}

// Layer by layer as published: the ReLU at the start of a block overwrites the tensor that is already in the list of
// features and that the shortcut takes, and shortcuts average after their convolution.
ProjectionJudgement published_forward(const ProjectionDiscriminator& network, const at::Tensor& images) {
  const auto convolve = [&](const at::Tensor& input, const std::string& layer, std::int64_t padding) {
    return at::conv2d(input, effective(network, layer), network.named_parameters()[layer + ".bias"], 1, padding);
  };
  ProjectionJudgement judgement;
  at::Tensor x = convolve(at::relu(convolve(images, "down_block.0", 1)), "down_block.2", 1);
  x = at::avg_pool2d(x, 2) + at::avg_pool2d(convolve(images, "skip.0", 0), 2);
  judgement.features.push_back(x);
  for (int i = 0; i < 3; ++i) {
    const std::string block = "blocks." + std::to_string(i);
    x.relu_();
    const at::Tensor branch = convolve(convolve(x, block + ".block.2", 1).relu_(), block + ".block.5", 1);
    const bool halves = i == 0;
    x = halves ? at::avg_pool2d(branch, 2) + at::avg_pool2d(convolve(x, block + ".skip.0", 0), 2) : branch + x;
    judgement.features.push_back(x);
  }
  const at::Tensor pooled = at::relu(x).sum({2, 3});
  const at::Tensor linear = at::linear(pooled, effective(network, "linear"), network.named_parameters()["linear.bias"]);
  judgement.scores = (pooled * effective(network, "embed").index_select(0, labels())).sum(1) + linear.squeeze(1);
  return judgement;
}

TEST(ProjectionDiscriminator, SeesWhatAReluInPlaceLeaves) {
  ProjectionDiscriminator network{small_size()};
  initialize(network, 3, "discriminator");
  convert_precision(network, at::kDouble);
  const at::NoGradGuard no_grad;
  const at::Tensor images = small_pictures().to(at::kDouble);
  const ProjectionJudgement expected = published_forward(network, images);
  const ProjectionJudgement found = network.forward(images, network.label_embedding(labels()));
  EXPECT_LT(golden::relative_difference(found.scores, expected.scores), 1e-12);
  ASSERT_EQ(found.features.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LT(golden::relative_difference(found.features[i], expected.features[i]), 1e-12);
    EXPECT_EQ(found.features[i].min().item<double>() < 0.0, i == 3) << "only the last feature may be negative";
  }
}

TEST(ProjectionDiscriminator, ChangesNoTensorInAForwardPass) {
  ProjectionDiscriminator network{small_size()};
  initialize(network, 3, "discriminator");
  network.iterate_power();
  NamedTensors before;
  for (const auto& [name, tensor] : state_of(network)) before.emplace_back(name, tensor.detach().clone());
  const at::Tensor pictures = small_pictures();
  for (const SpectralPass pass :
       {SpectralPass::kFakeForGenerator, SpectralPass::kFakeForDiscriminator, SpectralPass::kReal}) {
    network.forward(pictures, network.label_embedding(labels()), pass).scores.sum().backward();
  }
  EXPECT_TRUE(at::equal(pictures, small_pictures()));
  const NamedTensors after = state_of(network);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(at::equal(before[i].second, after[i].second)) << before[i].first;
  }
}

TEST(ProjectionDiscriminator, IteratesThriceForPicturesAndOnceForLabels) {
  ProjectionDiscriminator network{small_size()};
  initialize(network, 3, "discriminator");
  const auto buffers = network.named_buffers();
  const auto vectors_after = [&](const std::string& layer, int iterations) {
    const at::Tensor matrix = network.named_parameters()[layer + ".weight_orig"].detach().flatten(1);
    at::Tensor u = buffers[layer + ".weight_u"].clone();
    for (int i = 0; i < iterations; ++i) {
      u = at::mv(matrix, at::mv(matrix.t(), u));
      u = u / u.norm();
    }
    return u;
  };
  const at::Tensor convolution = vectors_after("blocks.1.block.5", 3);
  const at::Tensor label = vectors_after("embed", 1);
  network.iterate_power();
  EXPECT_LT(golden::relative_difference(buffers["blocks.1.block.5.weight_u"], convolution), 1e-5);
  EXPECT_LT(golden::relative_difference(buffers["embed.weight_u"], label), 1e-5);
}

TEST(ProjectionDiscriminator, StartsWithSmallLabelVectors) {
  LatentPoseDiscriminatorConfig config = small_size();
  config.labels = 500;
  ProjectionDiscriminator network{config};
  initialize(network, 3, "discriminator");
  const at::Tensor vectors = network.named_parameters()["embed.weight_orig"].detach();
  EXPECT_LE(vectors.abs().max().item<double>(), 0.1);
  EXPECT_GT(vectors.max().item<double>(), 0.099);
  EXPECT_LT(vectors.min().item<double>(), -0.099);
}

TEST(ProjectionDiscriminator, StaysNearItselfInBfloat16Products) {
  ProjectionDiscriminator network{small_size()};
  initialize(network, 3, "discriminator");
  network.iterate_power();
  const at::Tensor exact = network.forward(small_pictures(), network.label_embedding(labels())).scores;
  const ProductsScope scope(at::kCPU, Products::kBfloat16);
  const at::Tensor rough = network.forward(small_pictures(), network.label_embedding(labels())).scores;
  EXPECT_EQ(rough.scalar_type(), at::kFloat);
  EXPECT_LT(golden::relative_difference(rough, exact), 0.03);
}

}  // namespace
}  // namespace understudy
