#include "launcher/cluster_profile.h"

#include <cctype>

#include <fmt/format.h>

#include "clusters/gradient_tree.h"
#include "common/config_reader.h"
#include "common/errors.h"
#include "launcher/slurm_values.h"

namespace understudy {
namespace {

constexpr KeyKind kMachine = KeyKind::kMachine;

/// sbatch may send the warning this much earlier than asked for, because it looks once a minute.
constexpr std::int64_t kSignalSlackSeconds = 60;

void describe_place(ConfigVisitor& v, ClusterProfile& c) {
  v.text({"account", kMachine, "account that pays; empty: the user's default"}, c.account);
  v.text({"partition", kMachine, "partition, or several with commas; empty: the cluster's default"}, c.partition);
  v.text({"qos", kMachine, "quality of service; empty: the account's default"}, c.qos);
  v.text({"constraint", kMachine, "features that the nodes must have, such as `a100&ib`; empty: any node"},
         c.constraint);
}

void describe_size(ConfigVisitor& v, ClusterProfile& c) {
  v.integer({"nodes", kMachine, "number of nodes"}, c.nodes, 1, 100'000);
  v.integer({"tasks_per_node", kMachine, "ranks on each node; with GPUs one a GPU"}, c.tasks_per_node, 1, 4096);
  v.integer(
      {"gpus_per_node", kMachine, "GPUs of each node; 0 asks for none, for instance because `extra` asks for a type"},
      c.gpus_per_node,
      0,
      1024);
  v.integer({"cpus_per_task", kMachine, "cores of each rank: its threads and its loader's"}, c.cpus_per_task, 1, 4096);
  v.text({"memory", kMachine, "memory of each node, such as `64G`; `0`: all of it; empty: the cluster's default"},
         c.memory);
  v.text({"time", kMachine, "time limit, such as `24:00:00` or `2-12`; empty: the partition's default"}, c.time);
  v.flag({"exclusive", kMachine, "share the nodes with no other job"}, c.exclusive);
}

void describe_end(ConfigVisitor& v, ClusterProfile& c) {
  v.integer({"signal_lead_seconds",
             kMachine,
             "seconds before the time limit at which the run is told to save and end; must cover an iteration and a "
             "checkpoint; 0: not told"},
            c.signal_lead_seconds,
            0,
            65535);
  v.choice({"requeue",
            kMachine,
            "how an unfinished run goes on: `launch` calls scontrol, the cluster acts on exit code 75 (RequeueExit), a "
            "chain of jobs was submitted beforehand, or not at all"},
           c.requeue,
           {{"scontrol", Requeue::kScontrol},
            {"exit_code", Requeue::kExitCode},
            {"chain", Requeue::kChain},
            {"none", Requeue::kNone}});
  v.integer({"chain_length", kMachine, "jobs submitted at once with requeue = \"chain\", run one after the other"},
            c.chain_length,
            1,
            1000);
}

void describe_start(ConfigVisitor& v, ClusterProfile& c) {
  v.choice({"starter", kMachine, "program that starts the ranks inside the job"},
           c.starter,
           {{"srun", Starter::kSrun}, {"mpirun", Starter::kMpirun}});
  v.integer({"min_ranks", kMachine, "ranks to go on with when nodes are lost; 0: all of them or none"},
            c.min_ranks,
            0,
            kNoLimit);
  v.integer({"max_restarts", kMachine, "starts in a row within one job that may end without a newer checkpoint"},
            c.max_restarts,
            0,
            1'000'000);
  v.text({"container", kMachine, "words put before the program of every rank, such as `apptainer exec --nv image.sif`"},
         c.container);
  v.texts({"modules", kMachine, "modules loaded before the start"}, c.modules);
  v.texts({"environment", kMachine, "variables set before the start, KEY=VALUE each; nothing in them is expanded"},
          c.environment);
  v.texts({"extra", kMachine, "further options of sbatch, such as `--mail-type=END`"}, c.extra);
  v.text({"output",
          kMachine,
          "path of the log with `%j` for the job's number; its folder must exist; empty: slurm-%j.out in the run "
          "directory"},
         c.output);
}

void check_one_line(std::string_view key, std::string_view value, Problems& problems) {
  if (!fits_on_one_line(value)) problems.add_key(key, "must not hold a line break or another control character");
}

/// NAME=VALUE with a name that a shell can assign to.
bool is_assignment(std::string_view item) {
  const auto equals = item.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  if (std::isdigit(static_cast<unsigned char>(item.front())) != 0) return false;
  for (const char c : item.substr(0, equals)) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  }
  return true;
}

void validate_lists(const ClusterProfile& profile, Problems& problems) {
  for (const std::string& item : profile.modules) check_one_line("slurm.modules", item, problems);
  for (const std::string& item : profile.environment) {
    check_one_line("slurm.environment", item, problems);
    if (!is_assignment(item))
      problems.add_key("slurm.environment", fmt::format("\"{}\" is not KEY=VALUE, such as NCCL_DEBUG=WARN", item));
  }
  for (const std::string& item : profile.extra) {
    check_one_line("slurm.extra", item, problems);
    if (!item.starts_with('-')) {
      problems.add_key("slurm.extra",
                       fmt::format("\"{}\" is no option; write what follows #SBATCH, such as --mail-type=END", item));
    }
  }
}

void validate_end(const ClusterProfile& profile, Problems& problems) {
  const std::int64_t limit = parse_slurm_time(profile.time).value_or(kNoLimit);
  if (profile.signal_lead_seconds > 0 && profile.signal_lead_seconds + kSignalSlackSeconds >= limit) {
    problems.add_key(
        "slurm.signal_lead_seconds",
        fmt::format("a warning {} s before the end leaves no time to train in slurm.time = \"{}\", {} s, as "
                    "SLURM may send it {} s early",
                    profile.signal_lead_seconds,
                    profile.time,
                    limit,
                    kSignalSlackSeconds));
  }
  if (profile.requeue == Requeue::kChain && profile.chain_length < 2) {
    problems.add_key("slurm.chain_length", "a chain has at least 2 jobs; set it, or another slurm.requeue");
  }
  if (profile.requeue != Requeue::kChain && profile.chain_length > 1) {
    problems.add_key("slurm.chain_length", fmt::format("{} jobs need slurm.requeue = \"chain\"", profile.chain_length));
  }
}

void override_values(ClusterProfile& profile, const ProfileOverrides& overrides, Problems& problems) {
  const auto take = [&problems](const auto& given, auto& value, std::string_view name) {
    if (!given) return;
    value = *given;
    problems.set_place(fmt::format("slurm.{}", name), "command line");
  };
  take(overrides.nodes, profile.nodes, "nodes");
  take(overrides.partition, profile.partition, "partition");
  take(overrides.time, profile.time, "time");
  take(overrides.account, profile.account, "account");
  take(overrides.qos, profile.qos, "qos");
}

}  // namespace

void describe(ConfigVisitor& visitor, ClusterProfile& profile) {
  visitor.section("slurm", "What a job asks of a SLURM cluster; the only section of a profile.");
  describe_place(visitor, profile);
  describe_size(visitor, profile);
  describe_end(visitor, profile);
  describe_start(visitor, profile);
}

void validate_values(const ClusterProfile& profile, Problems& problems) {
  check_one_line("slurm.account", profile.account, problems);
  check_one_line("slurm.partition", profile.partition, problems);
  check_one_line("slurm.qos", profile.qos, problems);
  check_one_line("slurm.constraint", profile.constraint, problems);
  check_one_line("slurm.container", profile.container, problems);
  check_one_line("slurm.output", profile.output, problems);
  if (!profile.time.empty() && !parse_slurm_time(profile.time)) {
    problems.add_key("slurm.time",
                     fmt::format("\"{}\" is no time limit; write minutes, hours:minutes:seconds or "
                                 "days-hours:minutes:seconds, such as 24:00:00",
                                 profile.time));
  }
  if (!profile.memory.empty() && !is_slurm_memory(profile.memory)) {
    problems.add_key("slurm.memory",
                     fmt::format("\"{}\" is no amount of memory; write a whole number and K, M, G or T, such as 64G",
                                 profile.memory));
  }
  // Jobs that share a file write into one another's lines.
  if (!profile.output.empty() && profile.output.find("%j") == std::string::npos) {
    problems.add_key("slurm.output", fmt::format("\"{}\" must hold %j, or jobs would share one file", profile.output));
  }
  validate_lists(profile, problems);
}

void validate(const ClusterProfile& profile, Problems& problems) {
  validate_end(profile, problems);
  if (profile.min_ranks > profile.ranks()) {
    problems.add_key("slurm.min_ranks",
                     fmt::format("{} ranks are more than the {} of slurm.nodes = {} x slurm.tasks_per_node = {}",
                                 profile.min_ranks,
                                 profile.ranks(),
                                 profile.nodes,
                                 profile.tasks_per_node));
  }
  if (profile.gpus_per_node > 0 && profile.tasks_per_node > profile.gpus_per_node) {
    problems.add_key("slurm.tasks_per_node",
                     fmt::format("{} ranks a node cannot share slurm.gpus_per_node = {}: NCCL wants a GPU for each",
                                 profile.tasks_per_node,
                                 profile.gpus_per_node));
  }
}

ClusterProfile read_profile(std::string_view toml, std::string_view name, const ProfileOverrides& overrides) {
  ClusterProfile profile;
  Problems problems;
  read_config(
      toml, name, {}, [&profile](ConfigVisitor& visitor) { describe(visitor, profile); }, problems);
  override_values(profile, overrides, problems);
  validate_values(profile, problems);
  // A misread value would contradict others for no fault of theirs.
  problems.raise_if_any(name);
  validate(profile, problems);
  problems.raise_if_any(name);
  return profile;
}

void check_ranks(const ClusterProfile& profile, std::int64_t micro_batches) {
  try {
    plan_micro_batches(micro_batches, profile.ranks());
  } catch (const ConfigError& error) {
    const std::int64_t nodes = micro_batches / profile.tasks_per_node;
    const std::string fitting =
        nodes > 0 ? fmt::format("with {} ranks a node 1 to {} nodes fit (--nodes)", profile.tasks_per_node, nodes)
                  : fmt::format("even one node has too many: lower slurm.tasks_per_node to {} or less", micro_batches);
    throw ConfigError(fmt::format("slurm.nodes = {} x slurm.tasks_per_node = {}: {}; {}",
                                  profile.nodes,
                                  profile.tasks_per_node,
                                  error.what(),
                                  fitting));
  }
}

}  // namespace understudy
