#include "trainer/exporting/export.h"

#include <fmt/format.h>

#include "checkpoints/store.h"
#include "common/errors.h"
#include "common/log.h"
#include "trainer/exporting/model_card.h"
#include "trainer/memory_pool.h"
#include "trainer/recipe_config.h"
#include "trainer/validate_run.h"

namespace understudy {
namespace {

void write_files(const ExportRequest& request, const LoadedCheckpoint& checkpoint, ExportFolder& folder) {
  const Manifest& manifest = checkpoint.manifest();
  const std::string where = (checkpoint.folder() / kManifestName).string();
  const RunSettings settings = RunSettings::read(manifest.config, where, {});
  const std::string trainer_state = checkpoint.text(kTrainerPart);
  const ExportSource source{.model = checkpoint.tensors(kModelPart),
                            .optimizer = checkpoint.tensors(kOptimizerPart),
                            .completed = manifest.iteration,
                            .best_validation = best_validation(trainer_state),
                            .formats = request.formats};
  const std::string summary = settings.recipe->export_files(settings.run, source, folder);
  folder.write_text("run.toml", manifest.config, "resolved configuration; `understudy reenact` and `train` read it");
  const ModelCard card{.summary = summary,
                       .settings = settings,
                       .manifest = manifest,
                       .trainer_state = trainer_state,
                       .metrics = request.run / "metrics.jsonl",
                       .folder = folder};
  const std::string text = write_model_card(card);
  folder.write_text("model_card.json", text, "this card");
}

}  // namespace

ExportFormats parse_export_formats(std::string_view list) {
  ExportFormats formats{.safetensors = false, .torch = false, .torchscript = false};
  if (list.empty()) throw ConfigError("--formats: names none; there are safetensors, pt, torchscript");
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view word = list.substr(0, end);
    if (word == "safetensors") {
      formats.safetensors = true;
    } else if (word == "pt") {
      formats.torch = true;
    } else if (word == "torchscript") {
      formats.torchscript = true;
    } else {
      throw ConfigError(fmt::format("--formats: no format \"{}\"; there are safetensors, pt, torchscript", word));
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return formats;
}

std::vector<ExportedFile> export_run(const ExportRequest& request) {
  keep_tensor_memory();
  ExportFolder folder(request.out, request.stop_requested, *request.files);
  const LoadedCheckpoint checkpoint = choose_checkpoint(request.run, request.checkpoint);
  folder.leave_if_asked();
  write_files(request, checkpoint, folder);
  folder.publish();
  for (const std::string& note : folder.notes()) spdlog::warn("{}", note);
  return folder.files();
}

}  // namespace understudy
