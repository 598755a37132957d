#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace understudy {

/// What `understudy launch` was asked for.
struct LaunchOptions {
  int ranks = 1;
  int max_restarts = 0;                         ///< new starts after a crash
  std::filesystem::path outcome_file;           ///< outcome.json in the run directory; see clusters/outcome.h
  std::string mpirun = "mpirun";                ///< program, looked up in PATH
  std::vector<std::string> mpirun_options;      ///< passed on, for instance {"--hostfile", "nodes.txt"}
  std::chrono::milliseconds repeat_stop{3000};  ///< a stop request is repeated: a rank may not have listened yet
};

/// Runs `command` (program and arguments) on the ranks under mpirun, in the foreground, and waits for its end.
/// SIGTERM, SIGUSR2 and a first SIGINT become SIGUSR2 for the ranks, which save and end; mpirun itself would kill them
/// shortly after SIGTERM or SIGINT. A second SIGINT ends mpirun and the ranks at once. A run that ends without an
/// outcome crashed and is started again up to `max_restarts` times, unless a signal asked for the end. Call it from a
/// process with one thread that has used neither MPI nor torch.
/// @return  the exit code of `launch`: 0 done, 75 checkpoint written and run again, 78 configuration or data, 70
/// internal
/// @throws ConfigError  when the options are impossible or mpirun is not there
int supervise(const LaunchOptions& options, const std::vector<std::string>& command);

/// The arguments of mpirun, program name first.
std::vector<std::string> mpirun_arguments(const LaunchOptions& options,
                                          const std::vector<std::string>& command,
                                          bool is_root);

}  // namespace understudy
