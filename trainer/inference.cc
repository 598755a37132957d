#include "trainer/inference.h"

#include <fmt/format.h>

#include "checkpoints/manifest.h"
#include "checkpoints/weights_file.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "trainer/recipes/keypoints/keypoints_recipe_config.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

RunSettings settings_of(const InferenceSource& source, const fs::path& weight_file) {
  if (source.config) return RunSettings::read(read_file(*source.config), source.config->string(), {});
  const fs::path folder = weight_file.parent_path();
  if (fs::exists(folder / kManifestName))
    return RunSettings::read(read_manifest(folder).config, (folder / kManifestName).string(), {});
  if (fs::exists(folder / "run.toml"))
    return RunSettings::read(read_file(folder / "run.toml"), (folder / "run.toml").string(), {});
  return RunSettings::defaults("fsrt");
}

}  // namespace

FsrtRecipeConfig inference_config(const InferenceSource& source) {
  const RunSettings settings = settings_of(source, weight_file_of(source.weights));
  const auto* config = dynamic_cast<const FsrtRecipeConfig*>(settings.recipe.get());
  if (config == nullptr) {
    throw ConfigError(fmt::format("{}: belongs to recipe {}, which animates nothing; name weights of recipe fsrt",
                                  source.weights.string(),
                                  settings.run.recipe));
  }
  return *config;
}

FsrtModelConfig detector_config(const InferenceSource& source) {
  const RunSettings settings = settings_of(source, weight_file_of(source.weights));
  if (const auto* config = dynamic_cast<const FsrtRecipeConfig*>(settings.recipe.get())) return config->model;
  if (const auto* config = dynamic_cast<const KeypointsRecipeConfig*>(settings.recipe.get())) return config->model;
  throw ConfigError(
      fmt::format("{}: belongs to recipe {}, which has no keypoint detector; name weights of recipe fsrt "
                  "or keypoints",
                  source.weights.string(),
                  settings.run.recipe));
}

std::unique_ptr<FsrtReenactor> make_reenactor(const InferenceSource& source) {
  const FsrtRecipeConfig config = inference_config(source);
  const NamedTensors weights = load_weights(source.weights);
  std::optional<NamedTensors> detector;
  if (source.detector) {
    detector = keypoint_detector_weights(load_weights(*source.detector));
  } else if (group_of(weights, "kp_detector").empty()) {
    throw CheckpointError(fmt::format(
        "{}: holds no keypoint detector; name one with --detector, such as kp_detector.pt", source.weights.string()));
  }
  return std::make_unique<FsrtReenactor>(config, weights, detector);
}

}  // namespace understudy
