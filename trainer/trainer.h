#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clusters/communicator.h"
#include "clusters/outcome.h"
#include "trainer/recipe_config.h"

namespace understudy {

/// What `understudy train` is asked to do.
struct TrainRequest {
  std::string config_text;  ///< TOML
  std::string config_name;  ///< for messages
  std::vector<ConfigOverride> overrides;
  std::filesystem::path run_directory;
  std::optional<std::int64_t> until;               ///< save and end after so many iterations
  std::optional<std::filesystem::path> init_from;  ///< weights of another run or size
  bool fresh = false;          ///< refuse a run directory that holds a checkpoint instead of resuming it
  bool accept_change = false;  ///< resume although method keys differ; the change is recorded
};

/// Trains, resuming the run directory if it holds a checkpoint. Collective over the ranks.
/// @param stop_requested  polled once an iteration; when any rank says true all save and return kRunAgain
/// @returns kDone or kRunAgain; every other end is an exception
Outcome train(const TrainRequest& request, Communicator& communicator, const std::function<bool()>& stop_requested);

}  // namespace understudy
