#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "data_pipeline/picture.h"
#include "data_pipeline/sampler.h"
#include "trainer/recipe.h"
#include "trainer/run_config.h"

namespace understudy {

/// What exactly an iteration of a run trains on: people, clips, frames and every number drawn, slot by slot. No
/// network computes.
/// @param source  of the run's training samples
/// @returns  JSON: recipe, iteration, phase, seed, global_batch, micro_batch, samples
nlohmann::ordered_json drawn_iteration(const Recipe& recipe,
                                       const EpisodeSource& source,
                                       const RunConfig& run,
                                       Iteration iteration);

/// The same for a reader. Long lists are cut.
std::string drawn_iteration_text(const nlohmann::ordered_json& drawn);

/// The pictures of the iteration as the networks see them, a row a sample.
/// @throws DataError  when the recipe shows none
Picture drawn_iteration_sheet(const Recipe& recipe,
                              const EpisodeSource& source,
                              const RunConfig& run,
                              Iteration iteration);

}  // namespace understudy
