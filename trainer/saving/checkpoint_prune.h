#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace understudy {

struct PruneRequest {
  std::filesystem::path run;
  std::int64_t keep_newest = 1;  ///< so many that pass verification, at least 1
  std::int64_t keep_every = 0;   ///< also iterations that are multiples of this; 0: none
  bool damaged = false;          ///< remove those that do not pass, too; else they stay as they are
  bool anyway = false;           ///< although the last start of the run has not said how it ended
  bool dry_run = false;          ///< say what would be removed
};

/// Removes checkpoints by hand. Those that a link in best/ leads to always stay, and so do those of a newer program.
/// @returns  the iterations removed, ascending
/// @throws ConfigError  for a run that may be alive: it would find its own checkpoints gone. @throws CheckpointError
/// when no checkpoint would be left that passes verification. @throws FileError
std::vector<std::int64_t> prune_checkpoints(const PruneRequest& request);

}  // namespace understudy
