#pragma once

#include <filesystem>
#include <functional>

#include "clusters/communicator.h"
#include "clusters/outcome.h"

namespace understudy {

/// Runs `body` on every rank of this job: starts MPI if the process was started by mpirun or srun, sets the log up with
/// the rank, listens for the stop signals, and turns every end into an exit code. Under ranks the end also travels by
/// `outcome_file`, and after an error all ranks are ended at once, because one leaving quietly leaves the others
/// waiting.
ExitCode run_on_ranks(const std::filesystem::path& outcome_file,
                      const std::function<Outcome(Communicator&, const std::function<bool()>& stop_requested)>& body);

}  // namespace understudy
