#include "models/fsrt/encoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/coordinate_grid.h"
#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "models/fsrt/positional_encoding.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

struct Inputs {
  at::Tensor images;
  at::Tensor keypoints;
  at::Tensor expressions;
};

Inputs two_sources(at::ScalarType precision = at::kFloat) {
  return {at::stack({golden::picture(0, 64), golden::picture(1, 64)}, 1).to(precision),
          at::stack({golden::keypoints(), golden::keypoints() / 2}, 1).to(precision),
          at::stack({golden::expression(0), golden::expression(1)}, 1).to(precision)};
}

FsrtModelConfig narrow() {
  FsrtModelConfig config;
  config.encoder_width = 8;
  config.encoder_blocks = 1;
  config.encoder_heads = 2;
  config.head_width = 16;
  config.encoder_hidden = 32;
  return config;
}

// The first convolution as the published code computes it: every channel at every pixel.
at::Tensor plain_first_convolution(const FsrtEncoder& encoder, const FsrtModelConfig& config, const Inputs& in) {
  const at::Tensor weight = encoder.named_parameters()["conv_blocks.0.layers.0.weight"];
  const at::Tensor pictures = in.images.flatten(0, 1);
  const std::int64_t h = pictures.size(2);
  const std::int64_t w = pictures.size(3);
  const auto spread = [&](const at::Tensor& vectors) {
    return vectors.unsqueeze(-1).unsqueeze(-1).expand({-1, -1, h, w});
  };
  const at::Tensor keypoints = encode_positions(in.keypoints.flatten(-2).flatten(0, 1), {4, -1}, weight.scalar_type());
  const at::Tensor pixels = encode_positions(pixel_grid(h, w), {16, -1}, weight.scalar_type());
  std::vector<at::Tensor> channels{
      pictures, spread(keypoints), pixels.permute({2, 0, 1}).expand({pictures.size(0), -1, -1, -1})};
  if (config.encode_with_expression) channels.push_back(spread(in.expressions.flatten(0, 1)));
  return at::conv2d(at::cat(channels, 1), weight, {}, 1, 1);
}

TEST(FsrtEncoder, ReproducesThePublishedNetwork) {
  FsrtEncoder encoder{FsrtModelConfig{}};
  golden::fill(encoder);
  const at::NoGradGuard no_grad;
  const Inputs in = two_sources();
  const at::Tensor first = encoder.first_convolution(in.images, in.keypoints, in.expressions);
  golden::expect_norm(first, 610.06222);
  golden::expect_entries(first[0][0][0][0], {1.025205});
  golden::expect_entries(first[0][0][5][9], {1.6503701});
  golden::expect_entries(first[0][0][63][63], {0.5279128});
  golden::expect_norm(encoder.patches(first), 55.621395);
  const at::Tensor tokens = encoder.forward(in.images, in.keypoints, in.expressions);
  EXPECT_EQ(tokens.sizes(), (at::IntArrayRef{1, 128, 768}));
  golden::expect_norm(tokens, 1082.7253);
  golden::expect_entries(tokens, {-2.3946037, -3.0591788, -3.1588836, 3.6135719});
  golden::expect_entries(tokens[0][127].narrow(0, 764, 4), {-1.9967709, -2.7087097, 4.4350071, -0.0062929094});
}

TEST(FsrtEncoder, ReproducesThePublishedNetworkWithoutExpression) {
  FsrtModelConfig config;
  config.encode_with_expression = false;
  FsrtEncoder encoder{config};
  golden::fill(encoder);
  const at::NoGradGuard no_grad;
  const Inputs in = two_sources();
  const at::Tensor tokens = encoder.forward(in.images, in.keypoints, in.expressions);
  golden::expect_norm(tokens, 1082.7756);
  golden::expect_entries(tokens, {-6.0612016, -2.3102622, -3.499918, 3.6945214});
}

class FirstConvolution : public ::testing::TestWithParam<std::pair<bool, bool>> {};

TEST_P(FirstConvolution, EqualsThePublishedFormWithItsGradients) {
  FsrtModelConfig config = narrow();
  config.encode_with_expression = GetParam().first;
  config.plain_arithmetic = GetParam().second;
  FsrtEncoder encoder{config};
  initialize(encoder, 3, "encoder");
  convert_precision(encoder, at::kDouble);
  Inputs in = two_sources(at::kDouble);
  in.images = in.images.slice(4, 0, 24).slice(3, 0, 40).contiguous();
  in.expressions.requires_grad_();
  in.images.requires_grad_();
  const at::Tensor weight = encoder.named_parameters()["conv_blocks.0.layers.0.weight"];
  std::vector<at::Tensor> leaves{weight, in.images};
  if (config.encode_with_expression) leaves.push_back(in.expressions);
  const at::Tensor fast = encoder.first_convolution(in.images, in.keypoints, in.expressions);
  const at::Tensor plain = plain_first_convolution(encoder, config, in);
  EXPECT_LT(golden::relative_difference(fast, plain), 1e-14);
  const at::Tensor cotangent = at::sin(at::arange(fast.numel(), at::kDouble)).view_as(fast);
  const auto gradients = torch::autograd::grad({fast}, leaves, {cotangent});
  const auto references = torch::autograd::grad({plain}, leaves, {cotangent});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_LT(golden::relative_difference(gradients[i], references[i]), 1e-12) << "leaf " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutExpressionFastAndPlain,
                         FirstConvolution,
                         ::testing::Values(std::pair{true, false}, std::pair{false, false}, std::pair{true, true}));

TEST(FsrtEncoder, HasThePublishedCounts) {
  for (const auto& [size, count] : {std::pair{256, 29774112}, {128, 29663520}, {64, 29608224}}) {
    FsrtModelConfig config;
    config.expression_size = size;
    EXPECT_EQ(parameter_count(FsrtEncoder{config}), count);
  }
}

TEST(FsrtEncoder, NamesItsTensorsAsPublished) {
  const NamedTensors state = state_of(FsrtEncoder{FsrtModelConfig{}});
  ASSERT_EQ(state.size(), 63U);
  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> expected{
      {"conv_blocks.0.layers.0.weight", {96, 483, 3, 3}},
      {"conv_blocks.0.layers.2.weight", {192, 96, 3, 3}},
      {"conv_blocks.1.layers.0.weight", {192, 192, 3, 3}},
      {"conv_blocks.1.layers.2.weight", {384, 192, 3, 3}},
      {"conv_blocks.2.layers.0.weight", {384, 384, 3, 3}},
      {"conv_blocks.2.layers.2.weight", {768, 384, 3, 3}},
      {"per_patch_linear.weight", {768, 768, 1, 1}},
      {"per_patch_linear.bias", {768}},
      {"transformer.layers.0.0.norm.weight", {768}},
      {"transformer.layers.0.0.norm.bias", {768}},
      {"transformer.layers.0.0.fn.to_qkv.weight", {2304, 768}},
      {"transformer.layers.0.0.fn.to_out.0.weight", {768, 768}},
      {"transformer.layers.0.0.fn.to_out.0.bias", {768}},
      {"transformer.layers.0.1.norm.weight", {768}},
      {"transformer.layers.0.1.norm.bias", {768}},
      {"transformer.layers.0.1.fn.net.0.weight", {1536, 768}},
      {"transformer.layers.0.1.fn.net.0.bias", {1536}},
      {"transformer.layers.0.1.fn.net.3.weight", {768, 1536}},
      {"transformer.layers.0.1.fn.net.3.bias", {768}},
      {"transformer.layers.1.0.norm.weight", {768}}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(state[i].first, expected[i].first);
    EXPECT_EQ(state[i].second.sizes(), at::IntArrayRef(expected[i].second));
  }
  EXPECT_EQ(state.back().first, "transformer.layers.4.1.fn.net.3.bias");
}

}  // namespace
}  // namespace understudy
