#include "models/blocks/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/errors.h"
#include "models/blocks/hourglass.h"

namespace understudy {
namespace {

NamedTensors copy_of(const torch::nn::Module& network) {
  NamedTensors copy;
  for (const auto& [name, tensor] : state_of(network)) copy.emplace_back(name, tensor.detach().clone());
  return copy;
}

TEST(State, OrdersParametersBuffersAndChildrenAsPyTorch) {
  const ConvNormBlock block(2, 3);
  std::vector<std::string> names;
  for (const auto& entry : state_of(block)) names.push_back(entry.first);
  EXPECT_THAT(names,
              ::testing::ElementsAre("conv.weight",
                                     "conv.bias",
                                     "norm.weight",
                                     "norm.bias",
                                     "norm.running_mean",
                                     "norm.running_var",
                                     "norm.num_batches_tracked"));
}

TEST(State, LoadsWhatWasSavedInAnotherPrecision) {
  ConvNormBlock from(2, 3);
  {
    const at::NoGradGuard no_grad;
    for (const auto& entry : state_of(from)) entry.second.fill_(2);
  }
  ConvNormBlock to(2, 3);
  convert_precision(to, at::kDouble);
  load_state(to, copy_of(from), "a block");
  for (const auto& [name, tensor] : state_of(to)) {
    EXPECT_EQ(tensor.scalar_type(), name.ends_with("tracked") ? at::kLong : at::kDouble);
    EXPECT_TRUE((tensor == 2).all().item<bool>()) << name;
  }
}

TEST(State, NamesEverythingThatDoesNotFitAndChangesNothing) {
  ConvNormBlock block(2, 3);
  NamedTensors state = copy_of(block);
  state[0].second = at::ones({3, 2, 1, 1});
  state[1].first = "jacobian.bias";
  state[2].second.fill_(7);
  try {
    load_state(block, state, "the keypoint detector");
    FAIL() << "a wrong state was loaded";
  } catch (const CheckpointError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("the keypoint detector"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("conv.weight has shape [3, 2, 1, 1], not [3, 2, 3, 3]"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("conv.bias is missing"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("jacobian.bias is unknown"));
  }
  EXPECT_EQ(block.named_parameters()["norm.weight"].sum().item<float>(), 3.0F);
}

TEST(State, ThawsOnlyWhatWasNotFrozenBefore) {
  ConvNormBlock block(2, 3);
  block.named_parameters()["conv.bias"].set_requires_grad(false);
  {
    const Frozen frozen(block);
    for (const at::Tensor& parameter : block.parameters()) EXPECT_FALSE(parameter.requires_grad());
  }
  EXPECT_TRUE(block.named_parameters()["conv.weight"].requires_grad());
  EXPECT_FALSE(block.named_parameters()["conv.bias"].requires_grad());
}

}  // namespace
}  // namespace understudy
