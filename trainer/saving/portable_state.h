#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoints/named_tensors.h"
#include "checkpoints/store.h"
#include "trainer/recipe.h"
#include "trainer/recipe_config.h"

namespace understudy {

/// What a run goes on from, apart from any format of files.
struct PortableState {
  RunSettings settings;
  std::unique_ptr<Recipe> outline;  ///< of the settings: which tensors there are
  std::int64_t completed = 0;       ///< finished iterations
  NamedTensors model;               ///< as Recipe::state names them
  NamedTensors optimizer;           ///< as StepEngine::optimizer_state names them; of a player without any nothing
  std::string trainer;              ///< trainer.json of a checkpoint; "" where the source has none
  std::map<std::string, std::string> data_fingerprints;  ///< as in a manifest; empty where the source has none
};

/// Where a state is read from.
struct PortableSource {
  std::filesystem::path path;                     ///< run, checkpoint, export or weight file
  std::string checkpoint = "newest";              ///< of a run: best, newest or an iteration
  std::optional<std::filesystem::path> config;    ///< of a file that keeps none
  std::optional<std::filesystem::path> detector;  ///< weights of the keypoint detector, where they are in another file
};

/// Reads a checkpoint of a run, the published code's checkpoint, or safetensors. Every tensor has the name, shape and
/// type that the recipe gives it.
/// @throws CheckpointError  naming every tensor that is partly there: a network may be absent as a whole, and a warning
/// says so. @throws ConfigError
PortableState read_portable_state(const PortableSource& source);

/// Networks (first parts of names) of the recipe that the state lacks.
std::vector<std::string> absent_networks(const PortableState& state);

/// Moments and step counts of every player; zeros, as before the first step, of those that the state has none of.
NamedTensors whole_optimizer(const PortableState& state);

/// The whole state as one safetensors file: the networks under their names, the optimisers below "optimizer", the rest
/// as the metadata entry kPortableKey, which read_portable_state understands.
inline constexpr const char* kPortableKey = "understudy";
inline constexpr const char* kOptimizerGroup = "optimizer";
std::string portable_metadata(const PortableState& state);

}  // namespace understudy
