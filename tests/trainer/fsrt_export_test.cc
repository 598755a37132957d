#include "trainer/recipes/fsrt/fsrt_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/weights_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

class FsrtExport : public testing::Test {
 protected:
  FsrtExport() { at::set_num_threads(1); }
  ~FsrtExport() override { at::set_num_threads(threads_); }

  /// Names of the files that an export of these formats holds.
  std::vector<std::string> exported(ExportFormats formats) {
    ExportFolder folder(place_.path() / "export");
    const ExportSource source{.model = state_.model,
                              .optimizer = state_.optimizer,
                              .completed = 7,
                              .best_validation = std::nullopt,
                              .formats = formats};
    export_fsrt(fsrt_config(settings_), settings_.run, source, folder);
    folder.publish();
    notes_ = folder.notes();
    std::vector<std::string> names;
    for (const ExportedFile& file : folder.files()) names.push_back(file.name);
    return names;
  }

  NamedTensors read(const std::string& name) const { return read_weights(place_.path() / "export" / name); }

  int threads_ = at::get_num_threads();
  TemporaryFolder place_;
  RunSettings settings_ = tiny_settings("fsrt");
  TinyState state_ = tiny_state(fsrt_config(settings_));
  std::vector<std::string> notes_;
};

TEST_F(FsrtExport, HoldsTheBitsOfTheNetworksInEveryFile) {
  EXPECT_THAT(
      exported({}),
      testing::ElementsAre("model.safetensors", "model.pt", "kp_detector.pt", "config.yaml", "reenactor.ts.pt"));
  const NamedTensors inference = without_group(state_.model, "discriminator");
  require_same_tensors(inference, read("model.safetensors"), "model.safetensors");
  require_same_tensors(without_group(state_.model, "kp_detector"), read("model.pt"), "model.pt");
  require_same_tensors(group_of(state_.model, "kp_detector"), read("kp_detector.pt"), "kp_detector.pt");
  EXPECT_THAT(notes_, testing::Contains(testing::HasSubstr("other sizes than the published ones")));
}

TEST_F(FsrtExport, WritesOnlyTheFormatsAskedFor) {
  EXPECT_THAT(exported({.safetensors = true, .torch = false, .torchscript = false}),
              testing::ElementsAre("model.safetensors"));
}

TEST_F(FsrtExport, ExportsSmallDecodersSeveralSourcesAndDoublePrecision) {
  settings_ = tiny_settings("fsrt");
  auto& config = dynamic_cast<FsrtRecipeConfig&>(*settings_.recipe);
  config.model.small_decoder = true;
  config.model.encode_with_expression = false;
  config.model.sources = 2;
  config.precision = Precision::kFloat64;
  state_ = tiny_state(config);
  EXPECT_EQ(exported({}).size(), 5U);
  EXPECT_EQ(read("model.pt").front().second.scalar_type(), at::kDouble);
}

TEST_F(FsrtExport, ListsTheDetectorsPublishedEntries) {
  settings_ = RunSettings::defaults("fsrt");
  auto& config = dynamic_cast<FsrtRecipeConfig&>(*settings_.recipe);
  const RunSettings tiny = tiny_settings("fsrt");
  const FsrtModelConfig published;
  config.model = fsrt_config(tiny).model;
  config.model.image_size = 128;
  config.model.detector_scale = published.detector_scale;
  config.model.detector_blocks = published.detector_blocks;
  state_ = tiny_state(config);
  exported({.safetensors = false, .torch = true, .torchscript = false});
  const NamedTensors detector = read("kp_detector.pt");
  ASSERT_EQ(detector.size(), 73U);
  EXPECT_EQ(detector.front().first, "predictor.encoder.down_blocks.0.conv.weight");
  EXPECT_EQ(detector.back().first, "down.weight");
  const at::Tensor& count =
      require_tensor(detector, "predictor.encoder.down_blocks.0.norm.num_batches_tracked", "kp_detector.pt");
  EXPECT_EQ(count.scalar_type(), at::kLong);
  EXPECT_EQ(count.dim(), 0);
}

TEST_F(FsrtExport, RefusesWeightsThatDoNotFit) {
  state_.model.pop_back();
  EXPECT_THAT([&] { exported({}); }, testing::ThrowsMessage<CheckpointError>(testing::HasSubstr("is missing")));
  EXPECT_TRUE(fs::is_empty(place_.path()));
}

}  // namespace
}  // namespace understudy
