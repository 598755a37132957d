#include "models/blocks/script_module.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/torch.h>

#include "common/errors.h"
#include "models/blocks/initialization.h"
#include "models/blocks/layers.h"

namespace understudy {
namespace {

/// The twin after a save and a load.
torch::jit::Module reloaded(const torch::jit::Module& twin) {
  std::stringstream file;
  twin.save(file);
  return torch::jit::load(file);
}

/// What network and twin make of the same input.
template <class Network>
void expect_twin(Network& network, void (*script)(torch::jit::Module), const at::Tensor& input) {
  initialize(network, 3, "twin");
  const at::NoGradGuard no_grad;
  const torch::jit::Module twin = script_twin(network, "Twin");
  script(twin);
  EXPECT_TRUE(at::equal(reloaded(twin).forward({input}).toTensor(), network.forward(input)));
}

at::Tensor ramp(at::IntArrayRef sizes) {
  return at::arange(at::empty(sizes).numel(), at::kFloat).mul_(0.37).sin_().view(sizes);
}

TEST(ScriptModule, ComputesLinearLayersWithAndWithoutBias) {
  Linear with_bias(5, 3);
  expect_twin(with_bias, script_linear, ramp({4, 5}));
  Linear without_bias(5, 3, false);
  expect_twin(without_bias, script_linear, ramp({4, 5}));
}

TEST(ScriptModule, ComputesWideLinearLayersToTheBit) {
  Linear with_bias(256, 320);
  expect_twin(with_bias, script_linear, ramp({2, 600, 256}));
  expect_twin(with_bias, script_linear, ramp({256, 1200}).t());
  Linear without_bias(320, 256, false);
  expect_twin(without_bias, script_linear, ramp({1, 1024, 320}));
}

TEST(ScriptModule, ComputesNormalisations) {
  LayerNorm layer_norm(6);
  expect_twin(layer_norm, script_layer_norm, ramp({4, 6}));
  BatchNorm2d batch_norm(3);
  batch_norm.update_running_statistics({ramp({3}), ramp({3}).square() + 1});
  expect_twin(batch_norm, script_batch_norm, ramp({2, 3, 4, 4}));
}

TEST(ScriptModule, ComputesAStridedConvolution) {
  Conv2d conv({.inputs = 2, .outputs = 3, .kernel = 3, .stride = 2, .padding = 1});
  expect_twin(
      conv, [](torch::jit::Module layer) { script_conv(std::move(layer), 2, 1); }, ramp({1, 2, 8, 8}));
}

TEST(ScriptModule, ComputesAnMlpWholeAndAfterItsFirstLayer) {
  Mlp mlp({4, 7, 5, 2});
  expect_twin(mlp, script_mlp, ramp({3, 4}));
  const at::NoGradGuard no_grad;
  const torch::jit::Module twin = script_twin(mlp, "Twin");
  script_mlp(twin);
  const at::Tensor hidden = ramp({3, 7});
  EXPECT_TRUE(at::equal(twin.get_method("after_first")({hidden}).toTensor(), mlp.forward_after_first(hidden.clone())));
}

TEST(ScriptModule, SharesTheMemoryOfTheNetworkAndTakesNoGradient) {
  Linear layer(2, 2);
  const torch::jit::Module twin = script_twin(layer, "Twin");
  const at::Tensor weight = twin.attr("weight").toTensor();
  EXPECT_EQ(weight.data_ptr(), layer.weight().data_ptr());
  EXPECT_FALSE(weight.requires_grad());
}

TEST(ScriptModule, NamesTheStepOfAPathThatIsMissing) {
  torch::nn::Module network;
  add_group(network, "net");
  const torch::jit::Module twin = script_twin(network, "Twin");
  EXPECT_NO_THROW(script_part(twin, "net"));
  EXPECT_THAT([&] { script_part(twin, "net.7"); },
              testing::ThrowsMessage<CheckpointError>(testing::HasSubstr("no part \"7\"")));
}

}  // namespace
}  // namespace understudy
