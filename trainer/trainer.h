#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clusters/outcome.h"
#include "clusters/rank_context.h"
#include "common/file_system.h"
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
  /// All that a first start begins with, made from the training set, instead of init_from. Rank 0 makes it for all.
  std::function<NamedTensors(const RunSettings&, const DataSet&)> first_state;
  bool fresh = false;                         ///< refuse a run directory that holds a checkpoint instead of resuming it
  bool accept_change = false;                 ///< resume although method keys differ; the change is recorded
  const FileSystem* files = &system_files();  ///< that the run's directory is written through
};

/// Finished iterations after which a start ends at the latest.
inline Iteration last_iteration(const TrainRequest& request, const RunConfig& config) {
  return std::min(config.max_iterations, request.until.value_or(config.max_iterations));
}

/// Trains, resuming the run directory if it holds a checkpoint. Collective over the ranks. When any rank is asked to
/// stop, all save at the end of the same iteration, or in the middle of what is due after it (validation, sample
/// pictures), which the next start then does first, and return kRunAgain.
/// @returns kDone or kRunAgain; every other end is an exception
Outcome train(const TrainRequest& request, const RankContext& context);

}  // namespace understudy
