#include "trainer/weights_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "checkpoints/safetensors.h"
#include "checkpoints/store.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Publishes a checkpoint whose only weight is `value`. @returns its folder
fs::path publish(const fs::path& run, std::int64_t iteration, float value) {
  CheckpointStore store(run);
  const auto pending = store.begin(iteration, store.take_incarnation());
  Manifest manifest;
  manifest.parts.push_back(pending->write_tensors(kModelPart, {{"w", torch::full({1}, value)}}));
  pending->publish(std::move(manifest));
  return store.open(iteration).folder();
}

float value_behind(const fs::path& path) {
  return require_tensor(load_weights(path), "w", "test").item<float>();
}

void link_best(const fs::path& run, const std::string& metric, const fs::path& folder) {
  fs::create_directories(run / "best" / metric);
  fs::create_directory_symlink(fs::absolute(folder), run / "best" / metric / "1");
}

class WeightsSource : public testing::Test {
 protected:
  fs::path run() const { return place_.path() / "run"; }
  TemporaryFolder place_;
};

TEST_F(WeightsSource, TakesAFileAsItIs) {
  const fs::path file = place_.path() / "any name.safetensors";
  write_safetensors(file, {{"w", torch::full({1}, 2.5)}});
  EXPECT_EQ(weight_file_of(file), file);
  EXPECT_EQ(value_behind(file), 2.5F);
}

TEST_F(WeightsSource, TakesTheModelOfACheckpointsFolder) {
  const fs::path folder = publish(run(), 3, 30);
  EXPECT_EQ(weight_file_of(folder), folder / kModelPart);
  EXPECT_EQ(value_behind(folder), 30.0F);
}

TEST_F(WeightsSource, TakesTheNewestIntactCheckpointOfARunThatNeverValidated) {
  publish(run(), 3, 30);
  const fs::path damaged = publish(run(), 9, 90);
  EXPECT_EQ(value_behind(run()), 90.0F);
  fs::resize_file(damaged / kModelPart, fs::file_size(damaged / kModelPart) - 1);
  EXPECT_EQ(value_behind(run()), 30.0F);
}

TEST_F(WeightsSource, PrefersTheBestCheckpointOfTheLatestPhase) {
  const fs::path phase1 = publish(run(), 3, 30);
  const fs::path phase2 = publish(run(), 6, 60);
  publish(run(), 9, 90);
  link_best(run(), "psnr-phase-I", phase1);
  EXPECT_EQ(value_behind(run()), 30.0F);
  link_best(run(), "psnr-phase-II", phase2);
  EXPECT_EQ(value_behind(run()), 60.0F);
  fs::remove_all(phase2);
  EXPECT_EQ(value_behind(run()), 30.0F) << "a link without checkpoint";
}

TEST_F(WeightsSource, SaysWhatItLookedForWhenThereIsNothing) {
  EXPECT_THAT([&] { weight_file_of(place_.path() / "nowhere"); },
              ThrowsMessage<CheckpointError>(HasSubstr("no such file or folder")));
  EXPECT_THAT([&] { weight_file_of(place_.path()); },
              ThrowsMessage<CheckpointError>(HasSubstr("holds neither model.safetensors nor a checkpoint")));
}

TEST(TransferWeights, TakesWhatFitsAndReportsTheRest) {
  const at::Tensor same = torch::zeros({2});
  const at::Tensor misshapen = torch::zeros({3});
  const at::Tensor missing = torch::zeros({1});
  const NamedTensors from = {{"a", torch::full({2}, 5.0)}, {"b", torch::ones({2})}, {"unused", torch::ones({1})}};
  const TransferReport report = transfer_weights(from, {{"a", same}, {"b", misshapen}, {"group.c", missing}});
  EXPECT_EQ(report.taken, 1U);
  EXPECT_THAT(report.misshapen, ElementsAre("b"));
  EXPECT_THAT(report.missing, ElementsAre("group.c"));
  EXPECT_TRUE(report.lacks("group"));
  EXPECT_FALSE(report.lacks("gro"));
  EXPECT_EQ(same.sum().item<float>(), 10.0F);
  EXPECT_EQ(misshapen.sum().item<float>(), 0.0F);
}

}  // namespace
}  // namespace understudy
