#pragma once

#include <string>

#include "trainer/exporting/export.h"
#include "trainer/recipes/fsrt/fsrt_recipe_config.h"

namespace understudy {

/// Writes model.safetensors; model.pt, kp_detector.pt and config.yaml; reenactor.ts.pt. Weights are compared bit by
/// bit, and the pictures of the TorchScript module with those of FsrtReenactor on a drawn scene, before a file counts.
/// @returns one sentence about the networks
std::string export_fsrt(const FsrtRecipeConfig& config,
                        const RunConfig& run,
                        const ExportSource& source,
                        ExportFolder& folder);

/// Greatest difference of a colour value that an exported TorchScript module may show against FsrtReenactor.
inline constexpr double kScriptTolerance = 1e-5;

}  // namespace understudy
