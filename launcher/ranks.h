#pragma once

#include <chrono>
#include <filesystem>
#include <functional>

#include "clusters/outcome.h"
#include "clusters/rank_context.h"

namespace understudy {

/// What differs from command to command.
struct RankOptions {
  std::chrono::seconds timeout = std::chrono::minutes(30);  ///< how long a rank waits for the others before it fails
  bool make_outcome_folder = true;  ///< of several ranks; false: none but a supervisor's, where the body made none
};

/// Runs `body` on every rank of this job: gives a supervised rank its attendant, starts MPI if the process was started
/// by mpirun or srun, sets the log up with the rank, listens for requests to stop, and turns every end into an exit
/// code. Under ranks the end also travels by `outcome_file`, and after an error all ranks are ended at once, because
/// one leaving quietly leaves the others waiting.
ExitCode run_on_ranks(const std::filesystem::path& outcome_file,
                      const std::function<Outcome(const RankContext&)>& body,
                      const RankOptions& options = {});

}  // namespace understudy
