#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "trainer/recipes/fsrt/reenactor.h"

namespace understudy {

/// Where the networks of an inference come from.
struct InferenceSource {
  std::filesystem::path weights;                  ///< run, checkpoint, export or weight file
  std::optional<std::filesystem::path> config;    ///< of the run; needed only beside a bare weight file of other sizes
  std::optional<std::filesystem::path> detector;  ///< weights of the keypoint detector, unless they are with the others
};

/// The configuration that belongs to the weights: `config` if given, else the one kept beside them (checkpoint
/// manifest, export's run.toml), else the official vox256 one. @throws ConfigError, CheckpointError
FsrtRecipeConfig inference_config(const InferenceSource& source);

/// The sizes of the keypoint detector among such weights, which may be of recipe fsrt or keypoints; found likewise.
/// @throws ConfigError, CheckpointError
FsrtModelConfig detector_config(const InferenceSource& source);

/// Loads networks for reenactment. @throws ConfigError, CheckpointError
std::unique_ptr<FsrtReenactor> make_reenactor(const InferenceSource& source);

}  // namespace understudy
