#include "models/fsrt/fsrt_networks.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/state.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

FsrtModelConfig demo_size() {
  FsrtModelConfig config;
  config.image_size = 64;
  config.expression_size = 32;
  config.encoder_width = 8;
  config.encoder_blocks = 1;
  config.encoder_heads = 2;
  config.head_width = 16;
  config.encoder_hidden = 64;
  config.query_hidden = 64;
  config.decoder_heads = 2;
  config.decoder_hidden = 64;
  config.render_widths = {64, 64};
  config.expression_features = 4;
  config.expression_widths = {32};
  config.detector_width = 8;
  config.detector_max_width = 32;
  config.detector_blocks = 3;
  config.detector_scale = 0.5;
  config.discriminator_width = 4;
  config.discriminator_blocks = 3;
  return config;
}

TEST(FsrtModel, HasThePublishedCountAndOrder) {
  const FsrtModel model{FsrtModelConfig{}};
  EXPECT_EQ(parameter_count(model), 47643219);
  const NamedTensors state = state_of(model);
  ASSERT_EQ(state.size(), 111U);
  EXPECT_EQ(state[0].first, "encoder.conv_blocks.0.layers.0.weight");
  EXPECT_EQ(state[63].first, "decoder.allocation_transformer.input_mlp.0.weight");
  EXPECT_EQ(state[101].first, "expression_encoder.expression.weight");
  const std::vector<at::Tensor> parameters = model.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) EXPECT_TRUE(parameters[i].is_same(state[i].second));
}

TEST(FsrtNetworks, AreAFunctionOfTheSeed) {
  const FsrtNetworks first = make_fsrt_networks(demo_size(), 1, true);
  const FsrtNetworks again = make_fsrt_networks(demo_size(), 1, true);
  const FsrtNetworks other = make_fsrt_networks(demo_size(), 2, true);
  const auto weight = [](const FsrtNetworks& networks) { return networks.model->parameters()[0]; };
  EXPECT_TRUE(at::equal(weight(first), weight(again)));
  EXPECT_FALSE(at::equal(weight(first), weight(other)));
  for (const at::Tensor& parameter : first.detector->parameters()) EXPECT_FALSE(parameter.requires_grad());
}

at::Tensor render_with(FsrtNetworks& networks, at::ScalarType precision) {
  const at::Tensor picture = golden::picture(0, 64).to(precision);
  const Detection found = networks.detector->detect(at::cat({picture, picture.flip(3)}));
  const at::Tensor expressions = networks.model->expression_encoder().forward(found.features, found.heatmaps).detach();
  const at::Tensor keypoints = found.keypoints;
  return render_picture(*networks.model,
                        picture.unsqueeze(1),
                        keypoints.narrow(0, 0, 1).unsqueeze(1),
                        expressions.narrow(0, 0, 1).unsqueeze(1),
                        keypoints.narrow(0, 1, 1),
                        expressions.narrow(0, 1, 1));
}

TEST(FsrtNetworks, RenderTheSamePictureInBothPrecisions) {
  FsrtNetworks networks = make_fsrt_networks(demo_size(), 3, false);
  const at::Tensor single = render_with(networks, at::kFloat);
  convert_precision(networks, at::kDouble);
  const at::Tensor twice = render_with(networks, at::kDouble);
  ASSERT_EQ(twice.sizes(), (at::IntArrayRef{1, 3, 64, 64}));
  EXPECT_EQ(twice.scalar_type(), at::kDouble);
  EXPECT_LT(golden::relative_difference(single, twice), 1e-5);
}

}  // namespace
}  // namespace understudy
