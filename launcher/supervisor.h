#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "clusters/watchdog.h"
#include "launcher/requeue.h"
#include "launcher/starter.h"

namespace understudy {

/// What `understudy launch` was asked for.
struct LaunchOptions {
  int ranks = 1;
  int min_ranks = 0;     ///< go on with so few on the nodes that are left; 0: as many as `ranks`
  int max_restarts = 3;  ///< starts in a row without a newer checkpoint in between
  Requeue requeue = Requeue::kNone;
  StarterOptions starter;
  std::vector<std::string> hosts;  ///< nodes outside of SLURM; empty: mpirun's own choice
  std::filesystem::path run_directory;
  HangLimits hang;
  std::chrono::milliseconds back_off{1000};  ///< before the second restart without progress; doubles, up to a minute
  std::chrono::milliseconds grace{5000};     ///< for mpirun or srun to end after its ranks have
};

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
