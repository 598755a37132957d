#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config.h"
#include "common/problems.h"
#include "launcher/requeue.h"
#include "launcher/starter.h"

namespace understudy {

/// Section [slurm] of a profile: what a job asks of one SLURM cluster, whatever the run. Empty text and 0 leave a value
/// to the cluster where nothing else is said.
struct ClusterProfile {
  std::string account;
  std::string partition;
  std::string qos;
  std::string constraint;
  std::int64_t nodes = 1;
  std::int64_t tasks_per_node = 1;  ///< ranks on each node
  std::int64_t gpus_per_node = 0;
  std::int64_t cpus_per_task = 1;
  std::string memory;  ///< of each node, as sbatch --mem takes it
  std::string time;    ///< as sbatch --time takes it
  bool exclusive = false;
  std::int64_t signal_lead_seconds = 180;  ///< 0: no warning before the time limit
  Requeue requeue = Requeue::kScontrol;
  std::int64_t chain_length = 1;  ///< jobs submitted at once, with kChain
  Starter starter = Starter::kSrun;
  std::int64_t min_ranks = 0;  ///< 0: all of them
  std::int64_t max_restarts = 3;
  std::string container;  ///< words put before the program that the ranks run
  std::vector<std::string> modules;
  std::vector<std::string> environment;  ///< KEY=VALUE
  std::vector<std::string> extra;        ///< options of sbatch, as they stand behind #SBATCH
  std::string output;                    ///< pattern of the log file's path; empty: in the run directory

  std::int64_t ranks() const { return nodes * tasks_per_node; }
};

/// Values of the command line, which win over the profile's.
struct ProfileOverrides {
  std::optional<std::int64_t> nodes;
  std::optional<std::string> partition;
  std::optional<std::string> time;
  std::optional<std::string> account;
  std::optional<std::string> qos;
};

void describe(ConfigVisitor& visitor, ClusterProfile& profile);

/// What one value alone shows to be wrong, such as the form of a time limit.
void validate_values(const ClusterProfile& profile, Problems& problems);

/// Values that contradict each other.
void validate(const ClusterProfile& profile, Problems& problems);

/// @param name  of the file, for messages. @throws ConfigError  with every problem at once
ClusterProfile read_profile(std::string_view toml, std::string_view name, const ProfileOverrides& overrides);

/// @param micro_batches  of one global batch. @throws ConfigError  when there are more ranks than those; the message
/// says which numbers of nodes fit
void check_ranks(const ClusterProfile& profile, std::int64_t micro_batches);

}  // namespace understudy
