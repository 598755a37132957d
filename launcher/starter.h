#pragma once

#include <string>
#include <vector>

namespace understudy {

/// What starts the ranks.
enum class Starter {
  kAutomatic,  ///< srun in a job of SLURM whose srun speaks PMIx, else mpirun
  kMpirun,
  kSrun,
};

/// Where ranks are to run.
struct Placement {
  int ranks = 1;
  std::vector<std::string> nodes;  ///< empty: wherever the starter puts them
};

/// How ranks are started, whatever their number.
struct StarterOptions {
  Starter starter = Starter::kAutomatic;
  std::string mpirun = "mpirun";  ///< program, looked up in PATH
  std::string srun = "srun";
  std::vector<std::string> options;  ///< handed on, for instance {"--mca", "btl_tcp_if_include", "ib0"}
  std::string rank_prefix;           ///< put before the program of a rank, read by a shell: a container
};

/// Ranks of each node: as many on every one, the first ones taking one more where they do not divide.
std::vector<int> spread(int ranks, int nodes);

/// The arguments of mpirun or srun, program name first. @param starter  kMpirun or kSrun
std::vector<std::string> starter_arguments(Starter starter,
                                           const StarterOptions& options,
                                           const Placement& placement,
                                           const std::vector<std::string>& command,
                                           bool is_root);

/// What kAutomatic means here: asks srun whether it speaks PMIx. @throws ConfigError  when kSrun was chosen and it does
/// not, or when there is no job
Starter choose_starter(const StarterOptions& options);

}  // namespace understudy
