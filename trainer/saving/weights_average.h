#pragma once

#include <filesystem>
#include <vector>

namespace understudy {

/// Writes a folder with the mean of several networks' weights, such as checkpoints of one run (Izmailov et al. 2018,
/// Averaging Weights Leads to Wider Optima and Better Generalization). Floating tensors are added up in double, in the
/// order given, and divided once; counters come from the last. Statistics of BatchNorm and vectors of spectral norms
/// are averaged like weights, not computed again. The folder holds model.safetensors, and run.toml where the last of
/// the weights keeps a configuration.
/// @param weights  at least two runs, checkpoints, exports or weight files
/// @throws CheckpointError  when one cannot be read, or names, types and shapes are not those of the first: all that
/// differ. @throws ConfigError  when `out` exists or fewer than two are given
void average_weights(const std::vector<std::filesystem::path>& weights, const std::filesystem::path& out);

}  // namespace understudy
