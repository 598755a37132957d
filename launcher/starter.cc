#include "launcher/starter.h"

#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "clusters/attendant.h"
#include "common/errors.h"
#include "launcher/captured_process.h"

namespace understudy {
namespace {

std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<std::string> mpirun_arguments(const StarterOptions& options, const Placement& placement, bool is_root) {
  // More ranks than cores are allowed and none is bound to a core: threads a rank are the run's own choice.
  std::vector<std::string> arguments{options.mpirun,
                                     "-n",
                                     std::to_string(placement.ranks),
                                     "--oversubscribe",
                                     "--bind-to",
                                     "none",
                                     "-x",
                                     kSupervisorVariable};
  if (is_root) arguments.emplace_back("--allow-run-as-root");
  if (!placement.nodes.empty()) {
    const std::vector<int> counts = spread(placement.ranks, static_cast<int>(placement.nodes.size()));
    std::vector<std::string> hosts;
    for (std::size_t i = 0; i < counts.size(); ++i)
      hosts.push_back(fmt::format("{}:{}", placement.nodes[i], counts[i]));
    arguments.insert(arguments.end(), {"--host", fmt::format("{}", fmt::join(hosts, ","))});
  }
  return joined(std::move(arguments), options.options);
}

/// srun takes the processors of a task from its own option only, and a step of a node that is lost never ends: the next
/// one must be allowed beside it.
std::vector<std::string> srun_arguments(const StarterOptions& options, const Placement& placement) {
  std::vector<std::string> arguments{options.srun,
                                     "--mpi=pmix",
                                     "--overlap",
                                     "--no-kill",
                                     "--kill-on-bad-exit=1",
                                     fmt::format("--ntasks={}", placement.ranks)};
  if (const char* cpus = std::getenv("SLURM_CPUS_PER_TASK"))
    arguments.push_back(fmt::format("--cpus-per-task={}", cpus));
  if (!placement.nodes.empty()) {
    arguments.push_back(fmt::format("--nodes={}", placement.nodes.size()));
    arguments.push_back(fmt::format("--nodelist={}", fmt::join(placement.nodes, ",")));
    const int most = spread(placement.ranks, static_cast<int>(placement.nodes.size())).front();
    arguments.push_back(fmt::format("--ntasks-per-node={}", most));
  }
  return joined(std::move(arguments), options.options);
}

}  // namespace

std::vector<int> spread(int ranks, int nodes) {
  std::vector<int> counts;
  for (int node = 0; node < nodes; ++node) counts.push_back(ranks / nodes + (node < ranks % nodes ? 1 : 0));
  return counts;
}

std::vector<std::string> starter_arguments(Starter starter,
                                           const StarterOptions& options,
                                           const Placement& placement,
                                           const std::vector<std::string>& command,
                                           bool is_root) {
  const std::vector<std::string> start =
      starter == Starter::kSrun ? srun_arguments(options, placement) : mpirun_arguments(options, placement, is_root);
  if (options.rank_prefix.empty()) return joined(start, command);
  const std::string line = fmt::format("exec {} \"$@\"", options.rank_prefix);
  return joined(joined(start, {"sh", "-c", line, "rank"}), command);
}

Starter choose_starter(const StarterOptions& options) {
  if (options.starter == Starter::kMpirun) return Starter::kMpirun;
  const bool in_job = std::getenv("SLURM_JOB_ID") != nullptr;
  const bool told = options.starter == Starter::kSrun;
  if (!in_job && told)
    throw ConfigError("--starter srun: this is no job of SLURM (SLURM_JOB_ID is not set); use mpirun, or sbatch");
  if (!in_job) return Starter::kMpirun;
  const std::string kinds = answer_of({options.srun, "--mpi=list"});
  if (kinds.find("pmix") != std::string::npos) return Starter::kSrun;
  if (told) {
    throw ConfigError(
        fmt::format("--starter srun: this srun does not speak PMIx, without which Open MPI cannot start; it "
                    "offers:\n{}\nuse --starter "
                    "mpirun, or have SLURM built with PMIx",
                    kinds));
  }
  return Starter::kMpirun;
}

}  // namespace understudy
