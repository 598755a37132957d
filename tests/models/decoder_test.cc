#include "models/fsrt/decoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/coordinate_grid.h"
#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "models/fsrt/positional_encoding.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

at::Tensor golden_tokens() {
  return golden::tensor_of({1, 128, 768}, [](std::uint32_t i) { return 2.0 * golden::symmetric(777, i); });
}

at::Tensor golden_queries() {
  return pixel_coordinates(at::tensor({0, 255, 12345, 40000, 65535}, at::kLong).unsqueeze(0), 256);
}

FsrtModelConfig narrow() {
  FsrtModelConfig config;
  config.encoder_width = 4;
  config.expression_size = 24;
  config.query_hidden = 40;
  config.decoder_heads = 3;
  config.head_width = 8;
  config.decoder_hidden = 48;
  config.render_widths = {56, 32};
  config.no_gradient_queries = 50;
  return config;
}

struct Expected {
  double embedded;
  double transformed;
  std::vector<double> colours;
};

void expect_published(bool small, const Expected& expected) {
  FsrtModelConfig config;
  config.small_decoder = small;
  FsrtDecoder decoder{config};
  golden::fill(decoder);
  const at::NoGradGuard no_grad;
  const TokenMemory memory = decoder.prepare_tokens(golden_tokens());
  const at::Tensor stream = decoder.embed(golden_queries(), golden::keypoints(), golden::expression(1));
  golden::expect_norm(stream, expected.embedded);
  golden::expect_norm(decoder.transform(stream.clone(), memory), expected.transformed);
  const at::Tensor colours = decoder.forward(memory, golden_queries(), golden::keypoints(), golden::expression(1));
  golden::expect_entries(colours, expected.colours);
  golden::expect_entries(decoder.decode_no_grad(memory, golden_queries(), golden::keypoints(), golden::expression(1)),
                         expected.colours);
}

TEST(FsrtDecoder, ReproducesThePublishedFullDecoder) {
  expect_published(false,
                   {26.424814,
                    68.521842,
                    {-0.58619773,
                     0.18870752,
                     0.84071529,
                     -0.68051922,
                     0.09193112,
                     0.69376796,
                     -0.78211236,
                     0.22176914,
                     0.39760798,
                     -0.42001337,
                     0.77670753,
                     0.41830701,
                     -0.87846231,
                     0.12418289,
                     0.54537767}});
}

TEST(FsrtDecoder, ReproducesThePublishedSmallDecoder) {
  expect_published(true,
                   {26.424814,
                    76.573173,
                    {1.5573981,
                     0.21756414,
                     -0.82522225,
                     1.1224793,
                     0.23245308,
                     -0.43037048,
                     1.5218976,
                     0.48047063,
                     -0.278846,
                     2.2061212,
                     0.15176545,
                     -0.91027325,
                     1.7258331,
                     0.24199459,
                     0.061920308}});
}

// The decoder as the published code computes it: whole queries, keys and values anew, and the score matrix.
at::Tensor plain_decode(const FsrtDecoder& decoder,
                        const FsrtModelConfig& config,
                        const at::Tensor& tokens,
                        const at::Tensor& coordinates,
                        const at::Tensor& keypoints,
                        const at::Tensor& expression) {
  const auto p = decoder.named_parameters();
  const auto linear = [&](const at::Tensor& x, const std::string& name) {
    return at::matmul(x, p[name + ".weight"].t()) + p[name + ".bias"];
  };
  const std::int64_t queries = coordinates.size(1);
  const auto spread = [&](const at::Tensor& v) { return v.unsqueeze(1).expand({-1, queries, -1}); };
  at::Tensor x = at::cat({spread(encode_positions(keypoints.flatten(1), {4, -1}, at::kDouble)),
                          encode_positions(coordinates, {16, -1}, at::kDouble),
                          spread(expression)},
                         2);
  x = linear(linear(x, "allocation_transformer.input_mlp.0").relu(), "allocation_transformer.input_mlp.2");
  for (std::int64_t i = 0; i < config.decoder_blocks; ++i) {
    const std::string block = "allocation_transformer.transformer.layers." + std::to_string(i);
    const auto norm = [&](const at::Tensor& v, const std::string& part) {
      return at::layer_norm(v, {v.size(-1)}, p[block + part + ".norm.weight"], p[block + part + ".norm.bias"]);
    };
    const auto heads = [&](const at::Tensor& v) {
      return v.view({v.size(0), v.size(1), config.resolved_decoder_heads(), config.head_width}).transpose(1, 2);
    };
    const at::Tensor q = heads(at::matmul(norm(x, ".0"), p[block + ".0.fn.to_q.weight"].t()));
    const auto kv = at::matmul(tokens, p[block + ".0.fn.to_kv.weight"].t()).chunk(2, -1);
    const at::Tensor scores =
        at::matmul(q, heads(kv[0]).transpose(2, 3)) / std::sqrt(static_cast<double>(config.head_width));
    const at::Tensor attended = at::matmul(scores.softmax(-1), heads(kv[1])).transpose(1, 2).flatten(2);
    x = x + linear(attended, block + ".0.fn.to_out.0");
    x = x + linear(at::gelu(linear(norm(x, ".1"), block + ".1.fn.net.0")), block + ".1.fn.net.3");
  }
  for (std::size_t i = 0; i < config.resolved_render_widths().size(); ++i) {
    x = linear(x, "render_mlp." + std::to_string(2 * i)).relu();
  }
  return linear(x, "render_mlp." + std::to_string(2 * config.resolved_render_widths().size()));
}

class DecoderArithmetic : public ::testing::TestWithParam<bool> {
 protected:
  DecoderArithmetic() : decoder_(config_) {
    initialize(decoder_, 5, "decoder");
    convert_precision(decoder_, at::kDouble);
    tokens_ =
        golden::tensor_of({2, 70, 32}, [](std::uint32_t i) { return 2.0 * golden::symmetric(7, i); }).to(at::kDouble);
    keypoints_ = at::cat({golden::keypoints(), golden::keypoints() / 2}).to(at::kDouble);
    expression_ = at::cat({golden::expression(0, 24), golden::expression(1, 24)}).to(at::kDouble);
    const at::Tensor pixels = at::arange(2 * 120, at::kLong).mul_(97).remainder_(1024).view({2, 120});
    coordinates_ = pixel_coordinates(pixels, 32);
  }

  static FsrtModelConfig configured() {
    FsrtModelConfig config = narrow();
    config.plain_arithmetic = GetParam();
    return config;
  }

  FsrtModelConfig config_ = configured();
  FsrtDecoder decoder_;
  at::Tensor tokens_, keypoints_, expression_, coordinates_;
};

TEST_P(DecoderArithmetic, EqualsThePublishedFormWithItsGradients) {
  tokens_.requires_grad_();
  expression_.requires_grad_();
  std::vector<at::Tensor> leaves = decoder_.parameters();
  leaves.push_back(tokens_);
  leaves.push_back(expression_);
  const at::Tensor fast = decoder_.forward(decoder_.prepare_tokens(tokens_), coordinates_, keypoints_, expression_);
  const at::Tensor plain = plain_decode(decoder_, config_, tokens_, coordinates_, keypoints_, expression_);
  EXPECT_LT(golden::relative_difference(fast, plain), 1e-12);
  const at::Tensor cotangent = at::sin(at::arange(fast.numel(), at::kDouble)).view_as(fast);
  const auto gradients = torch::autograd::grad({fast}, leaves, {cotangent});
  const auto references = torch::autograd::grad({plain}, leaves, {cotangent});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_LT(golden::relative_difference(gradients[i], references[i]), 1e-10) << "leaf " << i;
  }
}

TEST_P(DecoderArithmetic, DecodesTheSameWithoutGradientInChunks) {
  const TokenMemory memory = decoder_.prepare_tokens(tokens_);
  const at::Tensor whole = decoder_.forward(memory, coordinates_, keypoints_, expression_);
  const at::Tensor chunked = decoder_.decode_no_grad(memory, coordinates_, keypoints_, expression_);
  EXPECT_FALSE(chunked.requires_grad());
  EXPECT_LT(golden::relative_difference(chunked, whole), 1e-13);
}

TEST_P(DecoderArithmetic, PutsEveryPixelInItsPlace) {
  const TokenMemory memory = decoder_.prepare_tokens(tokens_).detached();
  const at::Tensor picture = decoder_.decode_all_pixels_no_grad(memory, keypoints_, expression_, 32);
  ASSERT_EQ(picture.sizes(), (at::IntArrayRef{2, 3, 32, 32}));
  const at::Tensor some = decoder_.forward(memory, coordinates_, keypoints_, expression_);
  const at::Tensor pixels =
      at::arange(2 * 120, at::kLong).mul_(97).remainder_(1024).view({2, 1, 120}).expand({-1, 3, -1});
  const at::Tensor same = picture.flatten(2).gather(2, pixels).transpose(1, 2);
  EXPECT_LT(golden::relative_difference(some, same), 1e-13);
}

INSTANTIATE_TEST_SUITE_P(FastAndPlain, DecoderArithmetic, ::testing::Bool());

TEST(FsrtDecoder, HasThePublishedCounts) {
  struct Row {
    std::int64_t expression_size, full, small;
  };
  for (const Row& row : {Row{256, 15310131, 6012723}, Row{128, 13747891, 5040307}, Row{64, 12966771, 4554099}}) {
    FsrtModelConfig config;
    config.expression_size = row.expression_size;
    EXPECT_EQ(parameter_count(FsrtDecoder{config}), row.full);
    config.small_decoder = true;
    EXPECT_EQ(parameter_count(FsrtDecoder{config}), row.small);
  }
}

TEST(FsrtDecoder, NamesItsTensorsAsPublished) {
  const std::string layer = "allocation_transformer.transformer.layers.0.";
  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> head{
      {"allocation_transformer.input_mlp.0.weight", {720, 480}},
      {"allocation_transformer.input_mlp.0.bias", {720}},
      {"allocation_transformer.input_mlp.2.weight", {480, 720}},
      {"allocation_transformer.input_mlp.2.bias", {480}},
      {layer + "0.norm.weight", {480}},
      {layer + "0.norm.bias", {480}},
      {layer + "0.fn.to_q.weight", {768, 480}},
      {layer + "0.fn.to_kv.weight", {1536, 768}},
      {layer + "0.fn.to_out.0.weight", {480, 768}},
      {layer + "0.fn.to_out.0.bias", {480}},
      {layer + "1.norm.weight", {480}},
      {layer + "1.norm.bias", {480}},
      {layer + "1.fn.net.0.weight", {1536, 480}},
      {layer + "1.fn.net.0.bias", {1536}},
      {layer + "1.fn.net.3.weight", {480, 1536}},
      {layer + "1.fn.net.3.bias", {480}}};
  const NamedTensors state = state_of(FsrtDecoder{FsrtModelConfig{}});
  ASSERT_EQ(state.size(), 38U);
  for (std::size_t i = 0; i < head.size(); ++i) {
    EXPECT_EQ(state[i].first, head[i].first);
    EXPECT_EQ(state[i].second.sizes(), at::IntArrayRef(head[i].second));
  }
  EXPECT_EQ(state[28].first, "render_mlp.0.weight");
  EXPECT_EQ(state[36].first, "render_mlp.8.weight");
  EXPECT_EQ(state[36].second.sizes(), (at::IntArrayRef{3, 1536}));
  FsrtModelConfig small;
  small.small_decoder = true;
  const NamedTensors small_state = state_of(FsrtDecoder{small});
  ASSERT_EQ(small_state.size(), 34U);
  EXPECT_EQ(small_state[7].second.sizes(), (at::IntArrayRef{768, 768}));
  EXPECT_EQ(small_state[32].first, "render_mlp.4.weight");
  EXPECT_EQ(small_state[32].second.sizes(), (at::IntArrayRef{3, 768}));
}

}  // namespace
}  // namespace understudy
