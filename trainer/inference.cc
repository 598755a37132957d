#include "trainer/inference.h"

#include "checkpoints/manifest.h"
#include "common/atomic_file.h"
#include "trainer/recipes/registry.h"
#include "trainer/weights_source.h"

namespace understudy {

std::optional<RunSettings> settings_beside(const std::filesystem::path& weights) {
  namespace fs = std::filesystem;
  const fs::path folder = weight_file_of(weights).parent_path();
  if (fs::exists(folder / kManifestName))
    return RunSettings::read(read_manifest(folder).config, (folder / kManifestName).string(), {});
  if (fs::exists(folder / "run.toml"))
    return RunSettings::read(read_file(folder / "run.toml"), (folder / "run.toml").string(), {});
  return std::nullopt;
}

RunSettings inference_settings(const InferenceSource& source) {
  if (source.config) return RunSettings::read(read_file(*source.config), source.config->string(), {});
  if (auto settings = settings_beside(source.weights)) return *std::move(settings);
  return RunSettings::defaults(default_recipe());
}

std::unique_ptr<Reenactor> make_reenactor(const InferenceSource& source) {
  const RunSettings settings = inference_settings(source);
  return settings.recipe->make_reenactor(settings.run, source);
}

}  // namespace understudy
