#include "models/blocks/spectral_norm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "tests/models/golden_fill.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

constexpr ConvShape kShape{.inputs = 3, .outputs = 6, .kernel = 4};

TEST(DiscriminatorConv, DividesByTheLargestSingularValueAfterEnoughIterations) {
  DiscriminatorConv conv(kShape, true);
  initialize(conv, 5, "conv");
  convert_precision(conv, at::kDouble);
  for (int i = 0; i < 300; ++i) conv.iterate_power();
  const auto parameters = conv.named_parameters();
  const at::Tensor matrix = parameters["weight_orig"].detach().flatten(1);
  const at::Tensor largest = at::linalg_svdvals(matrix)[0];
  const at::Tensor picture = golden::picture(0, 8).to(at::kDouble);
  const at::Tensor expected = at::conv2d(picture, parameters["weight_orig"] / largest, parameters["bias"]);
  EXPECT_LT(golden::relative_difference(conv.forward(picture), expected), 1e-9);
}

TEST(DiscriminatorConv, NamesItsTensorsAsPyTorch) {
  const NamedTensors state = state_of(DiscriminatorConv(kShape, true));
  ASSERT_EQ(state.size(), 4U);
  EXPECT_EQ(state[0].first, "bias");
  EXPECT_EQ(state[1].first, "weight_orig");
  EXPECT_EQ(state[2].first, "weight_u");
  EXPECT_EQ(state[3].first, "weight_v");
  EXPECT_EQ(state_of(DiscriminatorConv(kShape, false))[0].first, "weight");
}

TEST(DiscriminatorConv, KeepsItsVectorsDuringAForwardPass) {
  DiscriminatorConv conv(kShape, true);
  initialize(conv, 5, "conv");
  const at::Tensor before = conv.named_buffers()["weight_u"].clone();
  const at::Tensor output = conv.forward(golden::picture(0, 8));
  EXPECT_TRUE(at::equal(conv.named_buffers()["weight_u"], before));
  conv.iterate_power();
  EXPECT_FALSE(at::equal(conv.named_buffers()["weight_u"], before));
  output.sum().backward();  // the graph keeps the vectors of its own forward pass
}

TEST(SpectralLayers, NameTheirTensorsAsPyTorch) {
  const auto names = [](const torch::nn::Module& layer) {
    std::vector<std::string> found;
    for (const auto& [name, tensor] : state_of(layer)) found.push_back(name);
    return found;
  };
  const std::vector<std::string> all{"bias", "weight_orig", "weight_u", "weight_v"};
  const std::vector<std::string> without_bias(all.begin() + 1, all.end());
  ConvShape shape = kShape;
  EXPECT_EQ(names(SpectralConv2d(shape, 1e-4)), all);
  shape.with_bias = false;
  EXPECT_EQ(names(SpectralConv2d(shape, 1e-4)), without_bias);
  EXPECT_EQ(names(SpectralLinear(3, 2, 1e-4)), all);
  EXPECT_EQ(names(SpectralEmbedding(3, 2, 1e-4)), without_bias);
}

// The layer's output for one pass, from the vectors after that many power iterations.
at::Tensor output_after(const at::Tensor& matrix, at::Tensor u, int iterations, const at::Tensor& input) {
  at::Tensor v;
  for (int i = 0; i < iterations; ++i) {
    v = at::mv(matrix.t(), u) / at::mv(matrix.t(), u).norm();
    u = at::mv(matrix, v) / at::mv(matrix, v).norm();
  }
  return at::linear(input, matrix / at::dot(u, at::mv(matrix, v)));
}

TEST(SpectralLinear, DividesEachPassWithItsOwnPair) {
  SpectralLinear linear(5, 4, 1e-12);
  initialize(linear, 5, "linear");
  convert_precision(linear, at::kDouble);
  const at::NoGradGuard no_grad;
  linear.named_parameters()["bias"].zero_();
  const at::Tensor matrix = linear.named_parameters()["weight_orig"];
  const at::Tensor u = linear.named_buffers()["weight_u"].clone();
  const at::Tensor input = golden::named_symmetric("input", {3, 5}).to(at::kDouble);
  linear.iterate_power(kDiscriminatorPasses);
  const SpectralPass passes[] = {
      SpectralPass::kFakeForGenerator, SpectralPass::kFakeForDiscriminator, SpectralPass::kReal};
  for (int i = 0; i < 3; ++i) {
    EXPECT_LT(golden::relative_difference(linear.forward(input, passes[i]), output_after(matrix, u, i + 1, input)),
              1e-13);
  }
  EXPECT_TRUE(at::equal(linear.forward(input), linear.forward(input, SpectralPass::kReal)));
  linear.iterate_power();
  EXPECT_THROW(linear.forward(input, SpectralPass::kReal), std::out_of_range);
}

TEST(SpectralLinear, CarriesTheGradientOfSigma) {
  SpectralLinear linear(3, 2, 1e-12);
  initialize(linear, 5, "linear");
  convert_precision(linear, at::kDouble);
  const at::Tensor input = golden::named_symmetric("input", {4, 3}).to(at::kDouble);
  const at::Tensor direction = golden::named_symmetric("direction", {4, 2}).to(at::kDouble);
  const auto value = [&] { return (linear.forward(input) * direction).sum(); };
  value().backward();
  at::Tensor weight = linear.named_parameters()["weight_orig"];
  const at::Tensor gradient = weight.grad();
  const at::NoGradGuard no_grad;
  constexpr double kStep = 1e-6;
  for (double* entry = weight.data_ptr<double>(); entry != weight.data_ptr<double>() + 6; ++entry) {
    const double kept = *entry;
    *entry = kept + kStep;
    const double above = value().item<double>();
    *entry = kept - kStep;
    const double below = value().item<double>();
    *entry = kept;
    const double slope = gradient.data_ptr<double>()[entry - weight.data_ptr<double>()];
    EXPECT_NEAR(slope, (above - below) / (2 * kStep), 1e-8);
  }
}

TEST(SpectralEmbedding, LooksRowsUpInTheDividedMatrix) {
  SpectralEmbedding embedding(6, 4, 1e-4);
  initialize(embedding, 5, "embedding");
  embedding.iterate_power();
  const auto buffers = embedding.named_buffers();
  const at::Tensor matrix = embedding.weight();
  const at::Tensor rows = at::tensor({4, 0, 4}, at::kLong);
  const at::Tensor output = embedding.forward(rows);
  const at::Tensor sigma = at::dot(buffers["weight_u"], at::mv(matrix, buffers["weight_v"]));
  EXPECT_TRUE(at::equal(output, (matrix / sigma).index_select(0, rows)));
  output.sum().backward();
  EXPECT_GT(matrix.grad()[2].norm().item<double>(), 0.0);  // a row that was not looked up, through sigma
}

TEST(SpectralEmbedding, MakesASingleRowAUnitVector) {
  SpectralEmbedding embedding(1, 512, 1e-12);
  initialize(embedding, 5, "embedding");
  convert_precision(embedding, at::kDouble);
  embedding.iterate_power();
  const at::Tensor row = embedding.weight().detach();
  const at::Tensor output = embedding.forward(at::zeros({1}, at::kLong));
  EXPECT_LT(golden::relative_difference(output, row / row.norm()), 1e-14);
}

TEST(SpectralEmbedding, DividesByNoLengthBelowEpsilon) {
  SpectralEmbedding embedding(1, 2, 1e-4);
  const at::NoGradGuard no_grad;
  embedding.named_parameters()["weight_orig"].fill_(1e-6);
  embedding.iterate_power();  // W^T u = (1e-6, 1e-6), divided by 1e-4
  EXPECT_NEAR(embedding.named_buffers()["weight_v"][0].item<double>(), 1e-2, 1e-8);
}

}  // namespace
}  // namespace understudy
