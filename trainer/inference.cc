#include "trainer/inference.h"

#include "checkpoints/manifest.h"
#include "checkpoints/torch_file.h"
#include "common/atomic_file.h"
#include "trainer/recipes/registry.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

/// Numbers of the file may be anything, so they pass the same checks as those of a configuration.
std::optional<RunSettings> published_settings(const PickleValue& checkpoint, const std::string& file) {
  for (const std::string& recipe : recipe_names()) {
    RunSettings settings = RunSettings::defaults(recipe);
    if (!settings.recipe->take_published(checkpoint)) continue;
    settings.recipe->set_defaults(settings.run);
    return RunSettings::read(settings.text(), file, {});
  }
  return std::nullopt;
}

}  // namespace

std::optional<RunSettings> settings_kept_with(const std::filesystem::path& weights) {
  namespace fs = std::filesystem;
  const fs::path file = weight_file_of(weights);
  const fs::path folder = file.parent_path();
  if (fs::exists(folder / kManifestName))
    return RunSettings::read(read_manifest(folder).config, (folder / kManifestName).string(), {});
  if (fs::exists(folder / "run.toml"))
    return RunSettings::read(read_file(folder / "run.toml"), (folder / "run.toml").string(), {});
  const WeightsFormat format = weights_format_of(file);
  if (format == WeightsFormat::kTorchZip || format == WeightsFormat::kTorchLegacy)
    return published_settings(read_torch_file(file), file.string());
  return std::nullopt;
}

RunSettings inference_settings(const InferenceSource& source) {
  if (source.config) return RunSettings::read(read_file(*source.config), source.config->string(), {});
  if (auto settings = settings_kept_with(source.weights)) return *std::move(settings);
  return RunSettings::read("", "defaults", {});
}

std::unique_ptr<Reenactor> make_reenactor(const InferenceSource& source) {
  const RunSettings settings = inference_settings(source);
  return settings.recipe->make_reenactor(settings.run, source);
}

}  // namespace understudy
