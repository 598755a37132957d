#include "trainer/exporting/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/recorded_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/inference.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

class ExportRun : public testing::Test {
 protected:
  ExportRequest request(const std::string& checkpoint) const {
    return {.run = place_.path() / "run",
            .checkpoint = checkpoint,
            .out = place_.path() / "export",
            .formats = parse_export_formats("safetensors,pt")};
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(place_.path() / "export")) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  TemporaryFolder place_;
};

TEST_F(ExportRun, MakesAFolderThatReenactmentReads) {
  const RunSettings settings = tiny_settings("fsrt");
  publish_tiny_checkpoint(place_.path() / "run", settings, tiny_state(fsrt_config(settings), 1), 6);
  publish_tiny_checkpoint(place_.path() / "run", settings, tiny_state(fsrt_config(settings), 2), 7);
  export_run(request("6"));
  EXPECT_THAT(files(),
              testing::UnorderedElementsAre(
                  "model.safetensors", "model.pt", "kp_detector.pt", "config.yaml", "run.toml", "model_card.json"));
  const auto card = nlohmann::json::parse(read_file(place_.path() / "export" / "model_card.json"));
  EXPECT_EQ(card.at("iteration"), 6);
  EXPECT_EQ(card.at("files").size(), 5U);
  const auto reenactor = make_reenactor({.weights = place_.path() / "export", .config = {}, .detector = {}});
  EXPECT_EQ(reenactor->picture_size(), 32);
}

TEST_F(ExportRun, LeavesNothingOrAllWhicheverStepIsRefused) {
  const RunSettings settings = tiny_settings("fsrt");
  publish_tiny_checkpoint(place_.path() / "run", settings, tiny_state(fsrt_config(settings), 1), 6);
  ExportRequest asked = request("6");
  asked.formats = parse_export_formats("safetensors,pt,torchscript");
  bool was_refused = true;
  for (int refused = 0; was_refused; ++refused) {
    was_refused = false;
    int seen = 0;
    const RecordedFiles disk({.really_sync = false, .before = [&](const FileStep& step) {
                                if (seen++ != refused) return;
                                was_refused = true;
                                throw_file_error(step.path, "do it", ENOSPC);
                              }});
    asked.files = &disk;
    try {
      export_run(asked);
      EXPECT_EQ(files().size(), 7U) << refused;  // tidying up may be refused, which nobody needs to know
      EXPECT_GT(seen, 30);
    } catch (const FileError& error) {
      EXPECT_THAT(error.what(), HasSubstr("No space left"));
    }
    for (const auto& entry : fs::directory_iterator(place_.path()))
      EXPECT_THAT(entry.path().filename(), testing::AnyOf("run", "export")) << refused;
    if (fs::exists(asked.out)) EXPECT_EQ(files().size(), 7U) << refused;
    if (was_refused) fs::remove_all(asked.out);
  }
  EXPECT_EQ(files().size(), 7U);
}

TEST_F(ExportRun, GivesADetectorsRunItsTwoFiles) {
  const RunSettings settings = tiny_settings("keypoints");
  const RunSettings sizes = tiny_settings("fsrt");
  TinyState state = tiny_state(fsrt_config(sizes));
  state.model = in_group(state_of(*state.networks.detector), "kp_detector");
  publish_tiny_checkpoint(place_.path() / "run", settings, state, 3);
  export_run(request("newest"));
  EXPECT_THAT(files(),
              testing::UnorderedElementsAre("model.safetensors", "kp_detector.pt", "run.toml", "model_card.json"));
  const auto card = nlohmann::json::parse(read_file(place_.path() / "export" / "model_card.json"));
  EXPECT_THAT(card.at("notes").dump(), HasSubstr("trains a detector alone"));
  ExportRequest script_only = request("newest");
  script_only.out = place_.path() / "other";
  script_only.formats = parse_export_formats("torchscript");
  EXPECT_THAT([&] { export_run(script_only); }, ThrowsMessage<ConfigError>(HasSubstr("no reenactor")));
}

TEST_F(ExportRun, RefusesARunWithoutCheckpointAndLeavesNothing) {
  EXPECT_THROW(export_run(request("newest")), CheckpointError);
  EXPECT_TRUE(fs::is_empty(place_.path()));
}

TEST(ExportFormats, AreReadFromAList) {
  const ExportFormats formats = parse_export_formats("torchscript,safetensors");
  EXPECT_TRUE(formats.safetensors);
  EXPECT_FALSE(formats.torch);
  EXPECT_TRUE(formats.torchscript);
  EXPECT_THAT([] { parse_export_formats("pt,onnx"); },
              ThrowsMessage<ConfigError>(HasSubstr("no format \"onnx\"; there are safetensors, pt, torchscript")));
  EXPECT_THROW(parse_export_formats(""), ConfigError);
}

}  // namespace
}  // namespace understudy
