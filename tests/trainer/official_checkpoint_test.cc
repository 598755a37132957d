#include "trainer/recipes/fsrt/official_checkpoint.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/learning_rate.h"
#include "trainer/official_adam.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class OfficialCheckpoint : public testing::Test {
 protected:
  PickleValue write(std::optional<double> best = std::nullopt) const {
    const ExportSource source{
        .model = state_.model, .optimizer = state_.optimizer, .completed = 7, .best_validation = best, .formats = {}};
    return torch_checkpoint(official_checkpoint(state_.networks, source, settings_.run));
  }

  RunSettings settings_ = tiny_settings("fsrt");
  TinyState state_ = tiny_state(fsrt_config(settings_));
};

TEST_F(OfficialCheckpoint, HasThePublishedKeys) {
  const PickleValue checkpoint = write(21.5);
  std::vector<std::string> keys;
  for (const auto& entry : checkpoint.to_dict("file").items) keys.push_back(entry.first.to_text("key"));
  EXPECT_THAT(keys,
              testing::UnorderedElementsAre("encoder",
                                            "decoder",
                                            "expression_encoder",
                                            "discriminator",
                                            "optimizer",
                                            "optimizer_disc",
                                            "it",
                                            "epoch_it",
                                            "t",
                                            "loss_val_best",
                                            "run_id"));
  EXPECT_EQ(checkpoint.require("it", "file").to_int("it"), 6) << "the last finished iteration, counted from 0";
  EXPECT_EQ(checkpoint.require("loss_val_best", "file").to_double("best"), 21.5);
  EXPECT_TRUE(checkpoint.require("run_id", "file").is_none());
  EXPECT_EQ(write().require("loss_val_best", "file").to_double("best"), -std::numeric_limits<double>::infinity());
}

TEST_F(OfficialCheckpoint, KeepsTheOfficialOrderOfTensors) {
  const NamedTensors encoder = state_dict_of(write().require("encoder", "file"), "encoder");
  EXPECT_EQ(encoder.front().first, "conv_blocks.0.layers.0.weight");
  EXPECT_EQ(encoder.back().first, "transformer.layers.0.1.fn.net.3.bias");
}

TEST_F(OfficialCheckpoint, NumbersTheOptimisersParametersInTheirOrder) {
  const PickleValue checkpoint = write();
  const PickleValue& optimizer = checkpoint.require("optimizer", "file");
  const auto& entries = optimizer.require("state", "optimizer").to_dict("state").items;
  const auto parameters = state_.networks.model->parameters();
  ASSERT_EQ(entries.size(), parameters.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].first.to_int("index"), static_cast<std::int64_t>(i));
    const at::Tensor& moment = entries[i].second.require("exp_avg", "state").to_tensor("exp_avg");
    EXPECT_TRUE(at::equal(moment, at::full_like(parameters[i], static_cast<double>(i + 1))));
    const at::Tensor& step = entries[i].second.require("step", "state").to_tensor("step");
    EXPECT_EQ(step.scalar_type(), at::kFloat);
    EXPECT_EQ(step.item<float>(), 7.0F);
  }
  const PickleValue& group = optimizer.require("param_groups", "optimizer").to_items("groups")[0];
  EXPECT_EQ(group.require("lr", "group").to_double("lr"), learning_rate_at(settings_.run.optimizer, 6));
}

TEST_F(OfficialCheckpoint, HasNoDiscriminatorStateBeforeItsFirstStep) {
  const PickleValue checkpoint = write();
  EXPECT_TRUE(checkpoint.require("optimizer_disc", "file").require("state", "dict").to_dict("state").items.empty());
}

TEST_F(OfficialCheckpoint, LeavesTheDiscriminatorOutWhereThereIsNone) {
  state_.networks.discriminator.reset();
  const PickleValue checkpoint = write();
  EXPECT_EQ(checkpoint.find("discriminator"), nullptr);
  EXPECT_EQ(checkpoint.find("optimizer_disc"), nullptr);
}

TEST(OfficialAdamState, NamesAMissingMoment) {
  const NamedTensors state{{"step", at::scalar_tensor(2.0, at::kDouble)}, {"w.exp_avg", at::zeros({1})}};
  EXPECT_THAT([&] { official_adam_state(state, {"w"}); }, ThrowsMessage<CheckpointError>(HasSubstr("w.exp_avg_sq")));
}

}  // namespace
}  // namespace understudy
