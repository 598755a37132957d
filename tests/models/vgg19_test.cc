#include "models/blocks/vgg19.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

TEST(Vgg19, ReproducesThePublishedTaps) {
  Vgg19 network;
  golden::fill(network);
  const std::vector<at::Tensor> taps = network.forward(golden::picture(0, 64));
  const std::vector<double> means{0.40499258, 0.29931718, 0.17437071, 0.075491779, 0.056523502};
  const std::vector<double> norms{418.87184, 202.91007, 83.762093, 25.048395, 8.8683399};
  ASSERT_EQ(taps.size(), 5U);
  for (std::size_t i = 0; i < taps.size(); ++i) {
    golden::expect_norm(taps[i], norms[i]);
    EXPECT_NEAR(taps[i].mean().item<double>(), means[i], 1e-5);
  }
}

TEST(Vgg19, TakesNoGradientButPassesItOn) {
  Vgg19 network;
  golden::fill(network);
  at::Tensor picture = golden::picture(0, 32).requires_grad_();
  network.forward(picture).back().sum().backward();
  EXPECT_GT(picture.grad().norm().item<double>(), 0.0);
  for (const at::Tensor& parameter : network.parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(Vgg19, TakesTheNamesOfTorchvision) {
  Vgg19 network;
  golden::fill(network);
  NamedTensors torchvision{{"classifier.0.weight", at::zeros({2, 2})}, {"features.30.weight", at::zeros({1})}};
  for (const auto& [name, tensor] : state_of(network)) {
    if (name.starts_with("slice")) torchvision.emplace_back("features." + name.substr(7), tensor.detach().clone());
  }
  Vgg19 other;
  load_state(other, official_vgg19_names(torchvision), "VGG-19");
  for (std::size_t i = 0; i < state_of(other).size(); ++i) {
    EXPECT_TRUE(at::equal(state_of(other)[i].second, state_of(network)[i].second)) << state_of(other)[i].first;
  }
  EXPECT_EQ(state_of(other).size(), 28U);
  EXPECT_EQ(official_vgg19_names(state_of(network)).size(), 28U);
}

}  // namespace
}  // namespace understudy
