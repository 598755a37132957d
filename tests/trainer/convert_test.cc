#include "trainer/saving/convert.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/safetensors.h"
#include "checkpoints/torch_file.h"
#include "checkpoints/weights_file.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_latent_pose.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/exporting/export_folder.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

constexpr std::int64_t kIteration = 7;

/// Every tensor with other values, so that one in another's place shows. Moments of players that have not stepped are
/// zeros, as training has them.
void fill(NamedTensors& tensors) {
  double number = 0;
  for (auto& [name, tensor] : tensors) {
    ++number;
    tensor = (at::arange(tensor.numel(), tensor.options().dtype(at::kDouble)) / 7 + number)
                 .reshape(tensor.sizes())
                 .to(tensor.scalar_type());
  }
}

class Convert : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return place_.path() / name; }

  /// A run with one checkpoint whose optimisers have made these steps.
  void make_run(const RunSettings& settings, double discriminator_steps = 5) {
    write_file_atomically(at("run.toml.kept"), settings.text());
    const auto outline = settings.recipe->make_outline(settings.run);
    NamedTensors model;
    for (const auto& [name, tensor] : outline->state()) model.emplace_back(name, tensor.detach().clone());
    fill(model);
    NamedTensors optimizer;
    for (const auto& player : outline->players()) {
      const double steps = player.name == "generator" ? kIteration : discriminator_steps;
      NamedTensors own;
      for (const auto& [name, tensor] : player.parameters) {
        for (const char* moment : {".exp_avg", ".exp_avg_sq"}) own.emplace_back(name + moment, at::zeros_like(tensor));
      }
      if (steps > 0) fill(own);
      own.emplace_back("step", at::scalar_tensor(steps, at::kDouble));
      for (NamedTensor& item : in_group(own, player.name)) optimizer.push_back(std::move(item));
    }
    publish(settings, model, optimizer);
  }

  LoadedCheckpoint checkpoint(const std::string& run) const { return CheckpointStore(at(run)).open(kIteration); }

  std::string convert(const std::string& from, const std::string& to, bool with_config = false) const {
    ConvertRequest request{.from = {.path = at(from)}, .out = at(to), .format = {}};
    if (with_config) request.from.config = at("run.toml.kept");
    return convert_checkpoint(request);
  }

  void expect_same_tensors(const std::string& run) const {
    const LoadedCheckpoint before = checkpoint("run");
    const LoadedCheckpoint after = checkpoint(run);
    for (const std::string_view part : {kModelPart, kOptimizerPart})
      EXPECT_NO_THROW(require_same_tensors(before.tensors(part), after.tensors(part), run));
  }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(place_.path())) found.insert(entry.path().filename().string());
    return found;
  }

  TemporaryFolder place_;

 private:
  void publish(const RunSettings& settings, const NamedTensors& model, const NamedTensors& optimizer) const {
    const CheckpointStore store(at("run"));
    const auto pending = store.begin(kIteration, store.take_incarnation());
    Manifest manifest;
    manifest.code_version = "1.2.3";
    manifest.config = settings.text();
    manifest.data_fingerprints["train"] = "abc";
    manifest.parts.push_back(pending->write_tensors(kModelPart, model));
    manifest.parts.push_back(pending->write_tensors(kOptimizerPart, optimizer));
    manifest.parts.push_back(pending->write_text(
        kTrainerPart,
        R"({"completed": 7, "finished": false, "stopping": {"phase": "I", "reference": 30.0, "without_improvement": 0,
            "stopped": false, "best": {"I": [{"iteration": 2, "value": 30.0}]}}})"));
    pending->publish(std::move(manifest));
  }
};

TEST_F(Convert, ThereAndBackLosesNoBit) {
  for (const double steps : {0.0, 5.0}) {
    fs::remove_all(at("run"));
    make_run(tiny_settings("fsrt"), steps);
    for (const std::string ending : {".pt", ".pth", ".safetensors"}) {
      const std::string file = fmt::format("file-{}{}", steps, ending);
      const std::string back = fmt::format("back-{}{}", steps, ending.substr(1));
      convert("run", file);
      convert(file, back, /*with_config=*/ending != ".safetensors");
      expect_same_tensors(back);
    }
  }
}

TEST_F(Convert, KeepsInSafetensorsWhatARunGoesOnFrom) {
  make_run(tiny_settings("fsrt"));
  EXPECT_THAT(convert("run", "state.safetensors"), HasSubstr("recipe fsrt"));
  convert("state.safetensors", "back");
  convert("run/checkpoints/000000007", "copy");
  for (const char* run : {"back", "copy"}) {
    expect_same_tensors(run);
    EXPECT_EQ(checkpoint(run).text(kTrainerPart), checkpoint("run").text(kTrainerPart));
    EXPECT_EQ(checkpoint(run).manifest().config, checkpoint("run").manifest().config);
    EXPECT_EQ(checkpoint(run).manifest().data_fingerprints, checkpoint("run").manifest().data_fingerprints);
    EXPECT_EQ(checkpoint(run).manifest().metrics_bytes, 0U) << "its log is not there";
    EXPECT_EQ(read_file(at(run) / "run.toml"), checkpoint("run").manifest().config);
  }
}

TEST_F(Convert, WritesThePublishedKeysAndTheDetectorBeside) {
  make_run(tiny_settings("fsrt"));
  convert("run", "model.pt");
  const PickleValue file = read_torch_file(at("model.pt"));
  EXPECT_EQ(file.require("it", "file").to_int("it"), kIteration - 1);
  EXPECT_EQ(file.require("loss_val_best", "file").to_double("loss_val_best"), 30.0);
  for (const char* key :
       {"encoder", "decoder", "expression_encoder", "discriminator", "optimizer", "optimizer_disc", "kp_detector"})
    EXPECT_NE(file.find(key), nullptr) << key;
}

TEST_F(Convert, BetweenForeignFormatsLosesNothingEither) {
  make_run(tiny_settings("fsrt"));
  convert("run", "first.pt");
  convert("first.pt", "between.safetensors", true);
  convert("between.safetensors", "second.pt");
  PickleDict first = read_torch_file(at("first.pt")).to_dict("first");
  PickleDict second = read_torch_file(at("second.pt")).to_dict("second");
  // The best validation is no part of the published checkpoint's state of training.
  const auto is_best = [](const auto& item) { return item.first.to_text("key") == "loss_val_best"; };
  std::erase_if(first.items, is_best);
  std::erase_if(second.items, is_best);
  EXPECT_NO_THROW(require_same_value(first, second, "file"));
}

TEST_F(Convert, TakesLatentPoseDescriptorsOfBothStages) {
  for (const std::string stage : {"meta", "finetune"}) {
    fs::remove_all(at("run"));
    make_run(tiny_latent_pose(stage, stage == "meta" ? "identities = 6\n" : "identities = 1\n"));
    convert("run", stage + ".pth");
    convert(stage + ".pth", stage + "-back", true);
    expect_same_tensors(stage + "-back");
    convert(stage + ".pth", stage + ".safetensors", true);
    convert(stage + ".safetensors", stage + "-again");
    expect_same_tensors(stage + "-again");
  }
}

TEST_F(Convert, GivesADetectorAsTheBareStateDictThatItIsPublishedAs) {
  make_run(tiny_settings("keypoints"));
  convert("run", "kp_detector.pt");
  const PickleValue file = read_torch_file(at("kp_detector.pt"));
  EXPECT_NE(file.find("kp.weight"), nullptr);
  convert("kp_detector.pt", "back", true);
  EXPECT_NO_THROW(require_same_tensors(
      checkpoint("run").tensors(kModelPart), CheckpointStore(at("back")).open(0).tensors(kModelPart), "back"));
  convert("run", "state.safetensors");
  convert("state.safetensors", "again");
  expect_same_tensors("again");
}

TEST_F(Convert, TakesTheDetectorFromAnotherFile) {
  make_run(tiny_settings("fsrt"));
  const LoadedCheckpoint run = checkpoint("run");
  write_safetensors(at("detector.safetensors"), group_of(run.tensors(kModelPart), "kp_detector"));
  write_safetensors(at("rest.safetensors"), without_group(run.tensors(kModelPart), "kp_detector"));
  ConvertRequest request{
      .from = {.path = at("rest.safetensors"), .config = at("run.toml.kept")}, .out = at("back"), .format = {}};
  EXPECT_THAT([&] { convert_checkpoint(request); },
              ThrowsMessage<CheckpointError>(AllOf(HasSubstr("kp_detector is missing"), HasSubstr("--detector"))));
  EXPECT_FALSE(fs::exists(at("back")));
  request.from.detector = at("detector.safetensors");
  convert_checkpoint(request);
  EXPECT_NO_THROW(
      require_same_tensors(run.tensors(kModelPart), CheckpointStore(at("back")).open(0).tensors(kModelPart), "back"));
}

TEST_F(Convert, LeavesOutAWholeNetworkOnlyWhereNoRunNeedsIt) {
  make_run(tiny_settings("fsrt"));
  write_safetensors(at("early.safetensors"), without_group(checkpoint("run").tensors(kModelPart), "discriminator"));
  EXPECT_THAT([&] { convert("early.safetensors", "back", true); },
              ThrowsMessage<CheckpointError>(AllOf(HasSubstr("discriminator is missing"), HasSubstr("--init-from"))));
  convert("early.safetensors", "early.pt", true);
  EXPECT_EQ(read_torch_file(at("early.pt")).find("discriminator"), nullptr);
}

TEST_F(Convert, NamesTheTensorsThatDoNotFit) {
  make_run(tiny_settings("fsrt"));
  NamedTensors model = checkpoint("run").tensors(kModelPart);
  const std::string missing = model.front().first;
  model.erase(model.begin());
  const auto floats = std::find_if(
      model.begin(), model.end(), [](const NamedTensor& item) { return item.second.scalar_type() == at::kFloat; });
  const std::string misshapen = floats->first;
  floats->second = at::zeros({3, 1, 4});
  const std::string halved = model.back().first;
  model.back().second = model.back().second.to(at::kHalf);
  write_safetensors(at("partial.safetensors"), model);
  EXPECT_THAT([&] { convert("partial.safetensors", "out.pt", true); },
              ThrowsMessage<CheckpointError>(AllOf(HasSubstr("partial.safetensors: 3 of its tensors"),
                                                   HasSubstr(missing + " is missing"),
                                                   HasSubstr(misshapen + " is Float [3, 1, 4] where"),
                                                   HasSubstr(halved + " is Half"),
                                                   HasSubstr("--config"))));
  EXPECT_EQ(names(), (std::set<std::string>{"partial.safetensors", "run", "run.toml.kept"})) << "nothing half-written";
}

TEST_F(Convert, SaysEverythingThatIsWrongAtOnceAndOverwritesNothing) {
  write_file_atomically(at("taken.onnx"), "mine");
  ConvertRequest request{
      .from = {.path = at("none"), .config = at("no.toml"), .detector = {}}, .out = at("taken.onnx"), .format = {}};
  EXPECT_THAT([&] { convert_checkpoint(request); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("none: no such file"),
                                               HasSubstr("no.toml: no such file"),
                                               HasSubstr("no format ends in \".onnx\""),
                                               HasSubstr("--format run, pt or safetensors"),
                                               HasSubstr("taken.onnx: exists already"))));
  EXPECT_EQ(read_file(at("taken.onnx")), "mine");
  EXPECT_THAT([] { parse_state_format("onnx"); }, ThrowsMessage<ConfigError>(HasSubstr("run, pt and safetensors")));
}

TEST_F(Convert, RefusesADamagedCheckpointAndOneOfANewerProgram) {
  make_run(tiny_settings("fsrt"));
  convert("run", "state.safetensors");
  const NamedTensors tensors = SafetensorsFile::open(at("state.safetensors")).all();
  write_safetensors(at("later.safetensors"), tensors, {{kPortableKey, R"({"version": 2})"}});
  EXPECT_THAT([&] { convert("later.safetensors", "x"); },
              ThrowsMessage<CheckpointError>(
                  AllOf(HasSubstr("later.safetensors"), HasSubstr("version 2"), HasSubstr("1 to 1"))));
  fs::resize_file(checkpoint("run").folder() / kModelPart, 100);
  for (const char* from : {"run", "run/checkpoints/000000007"}) {
    EXPECT_THAT([&] { convert(from, "x"); }, ThrowsMessage<CheckpointError>(Not(HasSubstr("--config"))));
  }
  EXPECT_FALSE(fs::exists(at("x")));
}

TEST(StateFormats, FollowFromTheEnding) {
  EXPECT_EQ(state_format_of("a/model.pt"), StateFormat::kTorch);
  EXPECT_EQ(state_format_of("model_02714323.pth"), StateFormat::kTorch);
  EXPECT_EQ(state_format_of("x.safetensors"), StateFormat::kSafetensors);
  EXPECT_EQ(state_format_of("runs/a/"), StateFormat::kRun);
}

}  // namespace
}  // namespace understudy
