#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "trainer/recipe_config.h"
#include "trainer/reenactor.h"

namespace understudy {

/// Where the networks of an inference come from.
struct InferenceSource {
  std::filesystem::path weights;                  ///< run, checkpoint, export or weight file
  std::optional<std::filesystem::path> config;    ///< of the run; needed only beside a bare weight file of other sizes
  std::optional<std::filesystem::path> detector;  ///< weights of the keypoint detector, unless they are with the others
};

/// The configuration kept with weights: checkpoint manifest, an export's run.toml, or what published code keeps in its
/// own checkpoints. @throws CheckpointError
std::optional<RunSettings> settings_kept_with(const std::filesystem::path& weights);

/// The configuration that belongs to the weights: `config` if given, else the one kept with them, else the defaults
/// of the default recipe. @throws ConfigError, CheckpointError
RunSettings inference_settings(const InferenceSource& source);

/// Loads networks for reenactment. @throws ConfigError, CheckpointError
std::unique_ptr<Reenactor> make_reenactor(const InferenceSource& source);

}  // namespace understudy
