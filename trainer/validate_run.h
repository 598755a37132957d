#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoints/store.h"
#include "clusters/rank_context.h"
#include "trainer/recipe_config.h"

namespace understudy {

/// A checkpoint of a run: "best" (of the latest phase that was validated), "newest" (intact) or an iteration.
/// @throws CheckpointError  when there is none
LoadedCheckpoint choose_checkpoint(const std::filesystem::path& run, const std::string& which);

/// The settings and the recipe of a checkpoint, with its networks.
struct LoadedRun {
  RunSettings settings;
  std::unique_ptr<Recipe> recipe;
};
LoadedRun load_run(const LoadedCheckpoint& checkpoint);

/// Validates a checkpoint on the run's fixed list of episodes. Collective; the same numbers for any number of ranks.
/// @returns  nothing when a rank was asked to stop
std::optional<std::vector<Term>> validate_run(const std::filesystem::path& run,
                                              const std::string& which,
                                              const RankContext& context);

}  // namespace understudy
