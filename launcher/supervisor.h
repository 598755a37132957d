#pragma once

#include <string>
#include <vector>

#include "launcher/launch_options.h"

namespace understudy {

/// Runs `command` (program and arguments) on the ranks, in the foreground, and waits for its end. Ranks are watched
/// through their attendants (clusters/attendant.h).
/// - TERM, USR1, USR2 and a first INT ask the ranks to save and leave; a second INT ends them at once. In a job of
///   SLURM they are asked in time before its wall time is up.
/// - After a crash, a kill, a lost node or a hang the run is started again from its newest intact checkpoint, on the
///   nodes that are left, until `max_restarts` starts in a row brought no newer one.
/// - Every start and end goes to `history.jsonl` of the run directory, a bad end to `failure.json`.
/// Call it from a process with one thread that has used neither MPI nor torch.
/// @return  the exit code of `launch`: 0 done, 75 checkpoint written and run again, 78 configuration or data, 70
/// internal
/// @throws ConfigError  when the options are impossible or mpirun or srun is not there
int supervise(const LaunchOptions& options, const std::vector<std::string>& command);

}  // namespace understudy
