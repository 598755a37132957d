// What can be told of an FSRT run before it starts: networks without weights, weight files, phases and memory.
#include <fmt/format.h>
#include <torch/torch.h>

#include "checkpoints/manifest.h"
#include "models/blocks/state.h"
#include "trainer/recipes/fsrt/fsrt_memory.h"
#include "trainer/recipes/fsrt/fsrt_recipe.h"
#include "trainer/recipes/keypoints/keypoints_recipe_config.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

/// Sizes of the networks that a checkpoint's folder belongs to; nothing for a bare weight file.
std::optional<FsrtModelConfig> model_behind(const std::filesystem::path& weight_file) {
  const std::filesystem::path folder = weight_file.parent_path();
  if (!std::filesystem::exists(folder / kManifestName)) return std::nullopt;
  const RunSettings settings = RunSettings::read(read_manifest(folder).config, (folder / kManifestName).string(), {});
  if (const auto* keypoints = dynamic_cast<const KeypointsRecipeConfig*>(settings.recipe.get()))
    return keypoints->model;
  if (const auto* fsrt = dynamic_cast<const FsrtRecipeConfig*>(settings.recipe.get())) return fsrt->model;
  return std::nullopt;
}

/// The detector works on other picture sizes than it was trained on, but not as well, and nothing else would say so.
void compare_detector_pictures(const FsrtModelConfig& own, const std::filesystem::path& file, Problems& warnings) {
  const std::optional<FsrtModelConfig> trained = model_behind(file);
  if (!trained) return;
  const auto seen = [](const FsrtModelConfig& m) { return static_cast<double>(m.image_size) * m.detector_scale; };
  if (seen(*trained) == seen(own)) return;
  warnings.add_key(
      "detector.weights",
      fmt::format("{}: was trained on pictures of {:g} pixels (model.image_size {} x model.detector_scale {:g}), but "
                  "would see {:g} here ({} x {:g}); its points will be off: train one for this size",
                  file.string(),
                  seen(*trained),
                  trained->image_size,
                  trained->detector_scale,
                  seen(own),
                  own.image_size,
                  own.detector_scale));
}

}  // namespace

std::unique_ptr<Recipe> FsrtRecipeConfig::make_outline(const RunConfig& run) const {
  FsrtNetworks networks{.model = std::make_shared<FsrtModel>(model),
                        .detector = std::make_shared<KeypointDetector>(model),
                        .discriminator = nullptr,
                        .pyramid = nullptr};
  if (phases.use_discriminator) {
    networks.discriminator = std::make_shared<MultiScaleDiscriminator>(model);
    networks.pyramid = std::make_shared<ImagePyramid>(3, model.discriminator_scales);
  }
  if (precision == Precision::kFloat64) convert_precision(networks, at::kDouble);
  return std::make_unique<FsrtRecipe>(*this, run, std::move(networks), nullptr);
}

std::vector<WeightsFile> FsrtRecipeConfig::check_weights(const RunConfig&, Findings& findings) const {
  std::vector<WeightsFile> files;
  const auto add = [&](std::string_view key, const std::string& path) {
    files.push_back({std::string(key), weight_file_of(path)});
    return true;
  };
  collect(findings.problems, "detector.weights", [&] {
    KeypointDetector detector(model);
    load_detector(detector, *this);
    compare_detector_pictures(model, weight_file_of(detector_weights), findings.warnings);
    return add("detector.weights", detector_weights);
  });
  if (perceptual_weights_file == "random") {
    findings.warnings.add_key(
        "perceptual.weights",
        "\"random\": the perceptual loss uses VGG-19 with random weights, which is meant for demos and tests");
    return files;
  }
  collect(findings.problems, "perceptual.weights", [&] {
    make_perceptual_network(*this, 0);
    return add("perceptual.weights", perceptual_weights_file);
  });
  return files;
}

RecipePlan FsrtRecipeConfig::plan(const RunConfig& run) const {
  RecipePlan plan{.phases = {},
                  .validation_bytes = fsrt_validation_bytes(*this, run.validation.micro_batch),
                  .frozen_bytes = fsrt_perceptual_bytes(*this),
                  .picture_size = model.image_size};
  const auto add = [&](std::string name, Iteration first, Iteration end) {
    if (first < end)
      plan.phases.push_back({std::move(name), first, fsrt_training_bytes(*this, run.batch.micro_batch, first)});
  };
  const Iteration adversarial = phases.phase3_start() + phases.discriminator_warmup;
  add("I", 0, phases.phase2_start());
  add("II", phases.phase2_start(), phases.use_discriminator ? phases.phase3_start() : kNoLimit);
  if (!phases.use_discriminator) return plan;
  add("III, warm-up", phases.phase3_start(), adversarial);
  add("III", adversarial, kNoLimit);
  return plan;
}

}  // namespace understudy
