#include "checkpoints/torch_checkpoint.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<std::string> kParameters = {"conv.weight", "conv.bias", "late.weight"};

AdamState example() {
  AdamState state;
  state.group = {5e-5, 0.5, 0.99, 1e-7, 0.01, false};
  for (const char* name : {"conv.weight", "conv.bias"}) {
    for (const char* entry : {"step", "exp_avg", "exp_avg_sq"}) {
      state.tensors.emplace_back(std::string(name) + "." + entry,
                                 at::full({}, static_cast<double>(state.tensors.size()), at::kFloat));
    }
  }
  return state;
}

TEST(AdamStateDict, NumbersParametersAsTorchDoes) {
  const PickleValue dict = adam_state_dict(example(), kParameters);
  const auto& state = dict.require("state", "adam").to_dict("state").items;
  ASSERT_EQ(state.size(), 2U) << "a parameter without a step has no entry";
  EXPECT_EQ(state[1].first.to_int("index"), 1);
  EXPECT_EQ(state[1].second.require("exp_avg_sq", "state").to_tensor("exp_avg_sq").item<float>(), 5.0F);
  const PickleValue& group = dict.require("param_groups", "adam").to_items("groups")[0];
  EXPECT_EQ(group.require("lr", "group").to_double("lr"), 5e-5);
  EXPECT_EQ(group.require("params", "group").to_items("params").size(), 3U);
}

TEST(AdamStateDict, ComesBackByName) {
  const AdamState state = adam_state_of(adam_state_dict(example(), kParameters), kParameters, "optimizer");
  EXPECT_EQ(state.group.beta1, 0.5);
  EXPECT_EQ(state.group.epsilon, 1e-7);
  EXPECT_EQ(state.group.weight_decay, 0.01);
  ASSERT_EQ(state.tensors.size(), 6U);
  for (const auto& [name, tensor] : example().tensors) {
    EXPECT_TRUE(at::equal(require_tensor(state.tensors, name, "state"), tensor)) << name;
  }
}

TEST(AdamStateDict, WritesAWholeStepAsAnInt) {
  AdamState state = example();
  for (auto& [name, tensor] : state.tensors) {
    if (name.ends_with(".step")) tensor = at::scalar_tensor(12, at::kLong);
  }
  const PickleValue dict = adam_state_dict(state, kParameters);
  const auto& first = dict.require("state", "adam").to_dict("state").items[0].second;
  EXPECT_EQ(first.require("step", "state").to_int("step"), 12);
  const AdamState again = adam_state_of(dict, kParameters, "optimizer");
  EXPECT_EQ(require_tensor(again.tensors, "conv.bias.step", "state").item<double>(), 12.0);
}

TEST(AdamStateDict, GivesRAdamItsCache) {
  AdamState state = example();
  state.group.rectified = true;
  const PickleValue dict = adam_state_dict(state, kParameters);
  const PickleValue& group = dict.require("param_groups", "adam").to_items("groups")[0];
  const auto& buffer = group.require("buffer", "group").to_items("buffer");
  ASSERT_EQ(buffer.size(), 10U);
  for (const PickleValue& entry : buffer) {
    ASSERT_EQ(entry.to_items("entry").size(), 3U);
    EXPECT_TRUE(entry.to_items("entry")[2].is_none());
  }
  EXPECT_EQ(group.find("amsgrad"), nullptr);
  EXPECT_EQ(adam_state_of(dict, kParameters, "optimizer").tensors.size(), 6U);
}

TEST(AdamStateDict, RefusesAnotherNumberOfParameters) {
  const PickleValue dict = adam_state_dict(example(), kParameters);
  EXPECT_THAT([&] { adam_state_of(dict, {"a"}, "optimizer"); },
              ThrowsMessage<CheckpointError>(HasSubstr("optimizer is of 3 parameters where the networks have 1")));
}

TEST(AdamStateDict, RefusesAnIncompleteState) {
  AdamState state = example();
  state.tensors.pop_back();
  EXPECT_THAT([&] { adam_state_dict(state, kParameters); },
              ThrowsMessage<CheckpointError>(HasSubstr("\"conv.bias\" is incomplete")));
}

TEST(AdamStateDict, SaysWhereAnotherDictDiffers) {
  EXPECT_THAT([] { adam_state_of(PickleDict{}, {}, "optimizer"); },
              ThrowsMessage<CheckpointError>(HasSubstr("no entry \"param_groups\"")));
  EXPECT_THAT([] { adam_state_of(3, {}, "optimizer"); },
              ThrowsMessage<CheckpointError>(HasSubstr("optimizer is an int where a dict")));
}

TEST(TorchCheckpoint, HoldsNetworksThenTheRest) {
  const PickleValue value =
      torch_checkpoint({{{"encoder", {{"w", at::ones({1})}}}}, {{"it", 7}, {"run_id", PickleValue()}}});
  const auto& items = value.to_dict("file").items;
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].first.to_text("key"), "encoder");
  EXPECT_EQ(items[0].second.to_dict("encoder").kind, DictKind::kOrdered);
  EXPECT_EQ(value.find("it")->to_int("it"), 7);
  EXPECT_THROW(torch_checkpoint({{{"it", {}}}, {{"it", 7}}}), CheckpointError);
}

}  // namespace
}  // namespace understudy
