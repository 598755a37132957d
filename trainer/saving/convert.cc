#include "trainer/saving/convert.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checkpoints/safetensors.h"
#include "checkpoints/store.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/version.h"
#include "trainer/exporting/export.h"
#include "trainer/exporting/export_folder.h"
#include "trainer/exporting/model_card.h"
#include "trainer/findings.h"
#include "trainer/memory_pool.h"
#include "trainer/saving/run_state.h"
#include "trainer/stopping.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

/// What is being written, in a folder with a temporary name beside its final one.
constexpr const char* kWritten = "converted";

/// Everything that is wrong with the command line, at once.
StateFormat check_request(const ConvertRequest& request) {
  Problems problems;
  const auto format = collect(
      problems, "", [&] { return std::optional(request.format ? *request.format : state_format_of(request.out)); });
  if (!fs::exists(request.from.path))
    problems.add(fmt::format("{}: no such file or folder", request.from.path.string()));
  for (const auto& file : {request.from.config, request.from.detector}) {
    if (file && !fs::exists(*file)) problems.add(fmt::format("{}: no such file or folder", file->string()));
  }
  if (fs::exists(fs::symlink_status(request.out)))
    problems.add(fmt::format("--out {}: exists already; name another, or remove it", request.out.string()));
  problems.raise_if_any("checkpoint convert");
  return *format;
}

std::string trainer_text(const PortableState& state) {
  if (!state.trainer.empty()) return state.trainer;
  const SpikeDetector no_losses(/*threshold=*/0.0, /*window=*/0);
  return write_trainer_state(
      state.completed, /*finished=*/false, DueWork{}, StoppingRule(state.settings.run.validation), no_losses);
}

void write_run(const PortableState& state, ExportFolder& folder) {
  if (const std::vector<std::string> absent = absent_networks(state); !absent.empty()) {
    throw CheckpointError(
        fmt::format("a run needs every network, and {} is missing; name a detector with --detector, or let `train "
                    "--init-from` start a run, which makes the others anew",
                    fmt::join(absent, ", ")));
  }
  const std::string config = state.settings.text();
  const CheckpointStore store(folder.path_of(kWritten));
  const auto pending = store.begin(state.completed, store.take_incarnation());
  Manifest manifest;
  manifest.code_version = version();
  manifest.config = config;
  manifest.data_fingerprints = state.data_fingerprints;
  manifest.parts = {pending->write_tensors(kModelPart, state.model),
                    pending->write_tensors(kOptimizerPart, whole_optimizer(state)),
                    pending->write_text(kTrainerPart, trainer_text(state))};
  pending->publish(std::move(manifest));
  folder.write_text(std::string(kWritten) + "/run.toml", config, "");
  const LoadedCheckpoint written = store.open(state.completed);
  require_same_tensors(state.model, written.tensors(kModelPart), "the run");
  require_same_tensors(whole_optimizer(state), written.tensors(kOptimizerPart), "the run");
}

void write_torch(const PortableState& state, ExportFolder& folder) {
  const ExportSource source{.model = state.model,
                            .optimizer = whole_optimizer(state),
                            .completed = state.completed,
                            .best_validation = best_validation(trainer_text(state)),
                            .formats = {}};
  folder.write_torch(kWritten, state.settings.recipe->published_checkpoint(state.settings.run, source), "");
}

void write_whole_safetensors(const PortableState& state, ExportFolder& folder) {
  NamedTensors all = state.model;
  for (NamedTensor& item : in_group(state.optimizer, kOptimizerGroup)) all.push_back(std::move(item));
  folder.write_safetensors(kWritten, all, "", {{kPortableKey, portable_metadata(state)}});
}

/// Neither call takes the place of something that has appeared under the name meanwhile.
void publish(const ExportFolder& folder, StateFormat format, const fs::path& out) {
  const fs::path written = folder.path_of(kWritten);
  if (format == StateFormat::kRun) {
    publish_folder(written, out);
  } else if (system_files().link(written, out)) {
    system_files().sync_folder(out.has_parent_path() ? out.parent_path() : fs::path("."));
  } else {
    throw FileError(fmt::format("{}: has appeared meanwhile; it was left as it is", out.string()));
  }
}

}  // namespace

StateFormat parse_state_format(std::string_view word) {
  if (word == "run") return StateFormat::kRun;
  if (word == "pt") return StateFormat::kTorch;
  if (word == "safetensors") return StateFormat::kSafetensors;
  throw ConfigError(fmt::format("--format {}: there are run, pt and safetensors", word));
}

StateFormat state_format_of(const fs::path& out) {
  const std::string ending = (out.has_filename() ? out : out.parent_path()).extension().string();
  if (ending.empty()) return StateFormat::kRun;
  if (ending == ".pt" || ending == ".pth") return StateFormat::kTorch;
  if (ending == ".safetensors") return StateFormat::kSafetensors;
  throw ConfigError(fmt::format(
      "--out {}: no format ends in \"{}\"; there are .pt and .pth (the published code's), .safetensors, and "
      "a run's directory without an ending, or say which with --format run, pt or safetensors",
      out.string(),
      ending));
}

std::string convert_checkpoint(const ConvertRequest& request) {
  const StateFormat format = check_request(request);
  keep_tensor_memory();
  const PortableState state = read_portable_state(request.from);
  ExportFolder folder(request.out);
  switch (format) {
    case StateFormat::kRun:
      write_run(state, folder);
      break;
    case StateFormat::kTorch:
      write_torch(state, folder);
      break;
    case StateFormat::kSafetensors:
      write_whole_safetensors(state, folder);
      break;
  }
  publish(folder, format, request.out);
  return fmt::format("{}: recipe {}, {} tensors of networks and {} of optimisers after {} iterations",
                     request.out.string(),
                     state.settings.run.recipe,
                     state.model.size(),
                     state.optimizer.size(),
                     state.completed);
}

}  // namespace understudy
