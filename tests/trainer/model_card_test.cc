#include "trainer/exporting/model_card.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

constexpr const char* kTrainerState = R"({"completed": 9, "finished": false, "stopping": {"phase": "II",
    "best": {"I": [{"iteration": 2, "value": 30.5}], "II": [{"iteration": 8, "value": 20.25}]}}})";

nlohmann::json card_with_metrics(const std::string& metrics) {
  const TemporaryFolder place;
  std::ofstream(place.path() / "metrics.jsonl") << metrics;
  ExportFolder folder(place.path() / "export");
  folder.write_text("a.txt", "abc", "three letters");
  folder.add_note("a note");
  const RunSettings settings = RunSettings::defaults("fsrt");
  Manifest manifest;
  manifest.iteration = 9;
  manifest.code_version = "1.2.3";
  manifest.data_fingerprints["train"] = "f00d";
  return nlohmann::json::parse(write_model_card({.summary = "what it is",
                                                 .settings = settings,
                                                 .manifest = manifest,
                                                 .trainer_state = kTrainerState,
                                                 .metrics = place.path() / "metrics.jsonl",
                                                 .folder = folder}));
}

TEST(ModelCard, SaysWhatWasTrainedAndOnWhat) {
  const nlohmann::json card = card_with_metrics("");
  EXPECT_EQ(card.at("summary"), "what it is");
  EXPECT_EQ(card.at("iteration"), 9);
  EXPECT_EQ(card.at("trained_with"), "understudy 1.2.3");
  EXPECT_EQ(card.at("data_fingerprints").at("train"), "f00d");
  EXPECT_EQ(card.at("license"), "");
  EXPECT_EQ(card.at("notes"), nlohmann::json::array({"a note"}));
  EXPECT_EQ(card.at("config").at("model").at("encoder_width"), 96);
  EXPECT_EQ(card.at("config").at("model").at("precision"), "float32");
  EXPECT_EQ(card.at("config").at("losses").at("perceptual_weights").size(), 5U);
}

TEST(ModelCard, ListsFilesWithTheirHashes) {
  const nlohmann::json file = card_with_metrics("").at("files").at(0);
  EXPECT_EQ(file.at("name"), "a.txt");
  EXPECT_EQ(file.at("bytes"), 3);
  EXPECT_EQ(file.at("sha256"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2, B.1
}

TEST(ModelCard, ShowsTheLastValidationUpToTheCheckpoint) {
  const nlohmann::json card = card_with_metrics(
      "{\"iteration\": 1, \"loss\": 2}\n"
      "{\"completed\": 4, \"validation\": {\"psnr\": 1}}\n"
      "{\"completed\": 8, \"validation\": {\"psnr\": 2}}\n"
      "{\"completed\": 12, \"validation\": {\"psnr\": 3}}\n"
      "{\"completed\": 9, \"validation\": {\"ps");
  EXPECT_EQ(card.at("validation").at("last").at("completed"), 8);
  EXPECT_EQ(card.at("validation").at("best_by_phase").at("I").at(0).at("value"), 30.5);
  EXPECT_TRUE(card_with_metrics("").at("validation").at("last").is_null());
}

TEST(ModelCard, TakesTheBestValidationOfTheLatestPhase) {
  EXPECT_EQ(best_validation(kTrainerState), 20.25);
  EXPECT_EQ(best_validation(R"({"stopping": {"phase": "", "best": null}})"), std::nullopt);
  EXPECT_EQ(best_validation("{}"), std::nullopt);
}

}  // namespace
}  // namespace understudy
