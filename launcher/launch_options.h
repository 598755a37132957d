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

}  // namespace understudy
