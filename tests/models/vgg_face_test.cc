#include "models/blocks/vgg_face.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/golden_fill.h"

namespace understudy {
namespace {

TEST(VggFace, GivesAllThirteenActivationsOfVgg16) {
  const VggFace network;
  const auto taps = network.forward(at::zeros({2, 3, 32, 48}));
  ASSERT_EQ(taps.size(), 13U);
  EXPECT_EQ(taps[6].sizes(), (at::IntArrayRef{2, 256, 8, 12}));
  EXPECT_EQ(taps[9].sizes(), (at::IntArrayRef{2, 512, 4, 6}));
  EXPECT_EQ(taps.back().sizes(), (at::IntArrayRef{2, 512, 2, 3}));
}

TEST(VggFace, HasTheTensorsOfTheOfficialFileAndIsFrozen) {
  VggFace network;
  const NamedTensors state = state_of(network);
  ASSERT_EQ(state.size(), 26U);
  EXPECT_EQ(state.front().first, "0.weight");
  EXPECT_EQ(state.back().first, "28.bias");
  for (const at::Tensor& parameter : network.parameters()) EXPECT_FALSE(parameter.requires_grad());
}

TEST(VggFace, TakesPlainAndPrefixedNames) {
  const NamedTensors state = state_of(VggFace());
  NamedTensors prefixed{{"optimizer.state", at::zeros({1})}};
  for (const auto& [name, tensor] : state) prefixed.emplace_back("vggface." + name, tensor);
  for (const NamedTensors& file : {state, prefixed}) {
    const NamedTensors found = official_vgg_face_names(file);
    ASSERT_EQ(found.size(), state.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].first, state[i].first);
      EXPECT_TRUE(found[i].second.is_same(state[i].second));
    }
  }
}

// The official code computes where to sample in float32, up to 3e-5 pixels off: its pixels are 1.4e-6 from exact ones.
TEST(VggFaceCrop, GivesThePublishedPixels) {
  const at::Tensor crop = vgg_face_crop(golden::named_uniform("input.vgg_fake", {1, 3, 256, 256}))[0];
  EXPECT_NEAR(crop[0][0][0].item<double>(), 0.2579500, 2e-6);
  EXPECT_NEAR(crop[1][100][200].item<double>(), 0.2497420, 2e-6);
  EXPECT_NEAR(crop[2][255][255].item<double>(), 0.6357683, 2e-6);
}

}  // namespace
}  // namespace understudy
