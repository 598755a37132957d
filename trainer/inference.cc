#include "trainer/inference.h"

#include "checkpoints/manifest.h"
#include "common/atomic_file.h"
#include "trainer/recipes/registry.h"
#include "trainer/weights_source.h"

namespace understudy {

RunSettings inference_settings(const InferenceSource& source) {
  namespace fs = std::filesystem;
  if (source.config) return RunSettings::read(read_file(*source.config), source.config->string(), {});
  const fs::path folder = weight_file_of(source.weights).parent_path();
  if (fs::exists(folder / kManifestName))
    return RunSettings::read(read_manifest(folder).config, (folder / kManifestName).string(), {});
  if (fs::exists(folder / "run.toml"))
    return RunSettings::read(read_file(folder / "run.toml"), (folder / "run.toml").string(), {});
  return RunSettings::defaults(default_recipe());
}

std::unique_ptr<Reenactor> make_reenactor(const InferenceSource& source) {
  const RunSettings settings = inference_settings(source);
  return settings.recipe->make_reenactor(settings.run, source);
}

}  // namespace understudy
