#include "trainer/inference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/safetensors.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

class Inference : public testing::Test {
 protected:
  fs::path place(const std::string& name) const { return folder_.path() / name; }

  TemporaryFolder folder_;
  RunSettings settings_ = tiny_settings("fsrt");
  TinyState state_ = tiny_state(fsrt_config(settings_));
};

TEST_F(Inference, TakesTheConfigurationOfTheCheckpoint) {
  publish_tiny_checkpoint(place("run"), settings_, state_, 4);
  EXPECT_EQ(make_reenactor({.weights = place("run"), .config = {}, .detector = {}})->picture_size(), 32);
}

TEST_F(Inference, TakesTheConfigurationOfAnExport) {
  fs::create_directories(place("export"));
  write_safetensors(place("export") / kModelPart, state_.model);
  write_file_atomically(place("export") / "run.toml", settings_.text());
  EXPECT_EQ(make_reenactor({.weights = place("export"), .config = {}, .detector = {}})->picture_size(), 32);
}

TEST_F(Inference, TakesTheOfficialConfigurationForABareFileUnlessToldOtherwise) {
  const fs::path file = place("weights.safetensors");
  write_safetensors(file, state_.model);
  EXPECT_EQ(fsrt_config(inference_settings({.weights = file, .config = {}, .detector = {}})).model.image_size, 256);
  write_file_atomically(place("other.toml"), settings_.text());
  EXPECT_EQ(make_reenactor({.weights = file, .config = place("other.toml"), .detector = {}})->picture_size(), 32);
}

TEST_F(Inference, WantsADetector) {
  const fs::path file = place("weights.safetensors");
  const fs::path detector = place("detector.safetensors");
  write_safetensors(file, without_group(state_.model, "kp_detector"));
  write_safetensors(detector, group_of(state_.model, "kp_detector"));
  write_file_atomically(place("tiny.toml"), settings_.text());
  EXPECT_THAT([&] { make_reenactor({.weights = file, .config = place("tiny.toml"), .detector = {}}); },
              ThrowsMessage<CheckpointError>(HasSubstr("--detector")));
  EXPECT_EQ(make_reenactor({.weights = file, .config = place("tiny.toml"), .detector = detector})->picture_size(), 32);
}

TEST_F(Inference, RefusesWeightsOfADetectorsRun) {
  const RunSettings keypoints = tiny_settings("keypoints");
  publish_tiny_checkpoint(place("run"), keypoints, state_, 4);
  EXPECT_THAT([&] { make_reenactor({.weights = place("run"), .config = {}, .detector = {}}); },
              ThrowsMessage<ConfigError>(HasSubstr("recipe keypoints, which animates nothing")));
}

}  // namespace
}  // namespace understudy
