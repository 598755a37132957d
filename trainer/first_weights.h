#pragma once

#include <filesystem>
#include <vector>

#include "trainer/recipe_config.h"
#include "trainer/weights_source.h"

namespace understudy {

/// What a run starts from in place of its own initialisation, under the names of its recipe.
struct FirstWeights {
  NamedTensors model;      ///< as Recipe::state names them
  NamedTensors optimizer;  ///< as StepEngine::optimizer_state names them; a published checkpoint alone has any
};

/// @param path  see weight_file_of. @throws CheckpointError
FirstWeights read_first_weights(const std::filesystem::path& path,
                                const RecipeConfig& recipe,
                                const std::vector<Player>& players);

/// Copies what fits and lets the recipe derive what the weights lacked.
/// @param optimizer  the tensors of StepEngine::optimizer_state
/// @returns what became of the weights
TransferReport take_first_weights(const FirstWeights& weights, Recipe& recipe, const NamedTensors& optimizer);

}  // namespace understudy
