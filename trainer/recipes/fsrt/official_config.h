#pragma once

#include <string>

#include "trainer/recipes/fsrt/fsrt_recipe_config.h"

namespace understudy {

/// The YAML that the published demo and training code read (runs/vox256/vox256.yaml), with this run's values.
std::string official_config(const FsrtRecipeConfig& config, const RunConfig& run);

/// Whether the published code can build these networks: it takes sources, octaves, expression size, small decoder and
/// encode_with_expression from its YAML, and every other size is fixed in it.
bool has_published_sizes(const FsrtModelConfig& config);

}  // namespace understudy
