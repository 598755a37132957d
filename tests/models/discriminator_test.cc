#include "models/fsrt/discriminator.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/anti_alias.h"
#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

FsrtModelConfig demo_size() {
  FsrtModelConfig config;
  config.image_size = 64;
  config.discriminator_width = 4;
  config.discriminator_max_width = 16;
  config.discriminator_blocks = 3;
  return config;
}

TEST(MultiScaleDiscriminator, ReproducesThePublishedNetwork) {
  MultiScaleDiscriminator network{FsrtModelConfig{}};
  golden::fill(network);
  const at::NoGradGuard no_grad;
  const std::vector<Judgement> judgements = network.forward({golden::picture(0, 256)}, golden::keypoints() / 2);
  ASSERT_EQ(judgements.size(), 1U);
  const at::Tensor& map = judgements[0].map;
  ASSERT_EQ(map.sizes(), (at::IntArrayRef{1, 1, 26, 26}));
  golden::expect_norm(map, 22.952735);
  golden::expect_entries(map.mean(), {-0.11521388});
  golden::expect_entries(map, {1.3477499});
  golden::expect_entries(map[0][0][13][7], {-1.4862189});
  golden::expect_entries(map[0][0][25][25], {0.51375407});
  const std::vector<double> norms{364.17525, 718.17312, 467.39463, 428.62532};
  for (std::size_t i = 0; i < norms.size(); ++i) golden::expect_norm(judgements[0].features[i], norms[i]);
}

TEST(MultiScaleDiscriminator, HasThePublishedNamesAndShapes) {
  const MultiScaleDiscriminator network{FsrtModelConfig{}};
  EXPECT_EQ(parameter_count(network), 6846849);
  const NamedTensors state = state_of(network);
  ASSERT_EQ(state.size(), 16U);
  EXPECT_EQ(state[0].first, "discs.1.down_blocks.0.conv.weight");
  EXPECT_EQ(state[0].second.sizes(), (at::IntArrayRef{128, 13, 4, 4}));
  EXPECT_EQ(state[4].first, "discs.1.down_blocks.1.norm.weight");
  EXPECT_EQ(state[10].first, "discs.1.down_blocks.3.conv.weight");
  EXPECT_EQ(state[14].first, "discs.1.conv.weight");
  EXPECT_EQ(state[14].second.sizes(), (at::IntArrayRef{1, 512, 1, 1}));
}

TEST(MultiScaleDiscriminator, JudgesEveryScaleOnItsOwnPicture) {
  FsrtModelConfig config = demo_size();
  config.discriminator_scales = {1.0, 0.5};
  MultiScaleDiscriminator network{config};
  initialize(network, 4, "discriminator");
  const ImagePyramid pyramid(3, config.discriminator_scales);
  const std::vector<at::Tensor> pictures = pyramid.forward(golden::picture(0, 64));
  const auto judgements = network.forward(pictures, golden::keypoints());
  ASSERT_EQ(judgements.size(), 2U);
  EXPECT_EQ(network.named_parameters().contains("discs.0-5.conv.weight"), true);
  const auto other = network.forward({pictures[0], pictures[1] + 0.1}, golden::keypoints());
  EXPECT_TRUE(at::equal(judgements[0].map, other[0].map));
  EXPECT_FALSE(at::equal(judgements[1].map, other[1].map));
}

TEST(MultiScaleDiscriminator, IsFrozenForAsLongAsAsked) {
  MultiScaleDiscriminator network{demo_size()};
  initialize(network, 4, "discriminator");
  at::Tensor picture = golden::picture(0, 64).requires_grad_();
  {
    const Frozen frozen(network);
    network.forward({picture}, golden::keypoints())[0].map.sum().backward();
  }
  EXPECT_GT(picture.grad().norm().item<double>(), 0.0);
  for (const at::Tensor& parameter : network.parameters()) {
    EXPECT_FALSE(parameter.grad().defined());
    EXPECT_TRUE(parameter.requires_grad());
  }
}

}  // namespace
}  // namespace understudy
