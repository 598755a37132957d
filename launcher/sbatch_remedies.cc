#include "launcher/sbatch_remedies.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace understudy {
namespace {

constexpr ExitCode kUsage = ExitCode::kUsage;
constexpr ExitCode kInternal = ExitCode::kInternal;

constexpr std::string_view kTellingLimit =
    "the line above names the limit: wait for or cancel jobs of yours, or ask for less (--nodes, slurm.time, "
    "slurm.chain_length); `sacctmgr show qos` and `sacctmgr show associations user=$USER` show the limits";
constexpr std::string_view kUnreachable =
    "the controller does not answer: see `scontrol ping`, wait and submit again, or tell the cluster's support";
constexpr std::string_view kAuthentication =
    "this machine cannot prove who you are to the cluster (munge): submit from a login node, or tell its support";
constexpr std::string_view kQueueFull = "the cluster's queue is full: wait and submit again";
constexpr std::string_view kFeatures =
    "no node has the features of slurm.constraint; `sinfo -o \"%P %D %f\"` lists them";
constexpr std::string_view kMemory =
    "no node has slurm.memory; `sinfo -o \"%P %D %m\"` lists what they have in MB, and \"0\" asks for all of it";
constexpr std::string_view kNodes =
    "no node has this much: compare slurm.gpus_per_node, slurm.cpus_per_task x slurm.tasks_per_node, slurm.memory and "
    "slurm.constraint with `sinfo -o \"%P %D %c %m %G %f\"`";
constexpr std::string_view kTaskCount =
    "compare slurm.nodes, slurm.tasks_per_node and slurm.cpus_per_task with `sinfo -o \"%P %D %c\"`";
constexpr std::string_view kPartitionName = "set slurm.partition, or --partition, to one that `sinfo -s` lists";
constexpr std::string_view kPartitionState =
    "the partition takes no jobs to run now: choose another with --partition, or wait; `sinfo -s` shows their state";
constexpr std::string_view kAccess =
    "you may not use this partition, account or reservation: see `scontrol show partition` and `sacctmgr show "
    "associations user=$USER`, or ask the cluster's support";
constexpr std::string_view kOption =
    "sbatch does not know an option of the script's header: look at it with --dry-run and mend slurm.extra";

// The texts are those of libslurm's slurm_strerror and of sbatch itself, SLURM 22.05.
constexpr std::array kRemedies{
    SbatchRemedy{"Unable to contact slurm controller", kUnreachable, kInternal},
    SbatchRemedy{"Socket timed out on send/recv operation", kUnreachable, kInternal},
    SbatchRemedy{"Zero Bytes were transmitted or received", kUnreachable, kInternal},
    SbatchRemedy{"Can't find an address, check slurm.conf", kUnreachable, kInternal},
    SbatchRemedy{"Could not establish a configuration source",
                 "sbatch finds no cluster: submit from a login node, or point SLURM_CONF at the cluster's slurm.conf",
                 kInternal},
    SbatchRemedy{"Protocol authentication error", kAuthentication, kInternal},
    SbatchRemedy{"Invalid authentication credential", kAuthentication, kInternal},
    SbatchRemedy{"Failed to connect to authentication agent", kAuthentication, kInternal},
    SbatchRemedy{"Incompatible versions of client and server code",
                 "sbatch is not of the cluster's release: submit from a login node",
                 kInternal},
    SbatchRemedy{
        "System submissions disabled", "the cluster takes no jobs now, often before maintenance: wait", kInternal},
    SbatchRemedy{"Unable to create job record, try again", kQueueFull, kInternal},
    SbatchRemedy{"Invalid account or account/partition combination",
                 "set slurm.account, or --account, to one that `sacctmgr show associations user=$USER "
                 "format=account,partition,qos` lists for this partition",
                 kUsage},
    SbatchRemedy{"Invalid partition", kPartitionName, kUsage},
    SbatchRemedy{"No partition specified or system default partition", kPartitionName, kUsage},
    SbatchRemedy{
        "Invalid qos specification",
        "set slurm.qos, or --qos, to one that `sacctmgr show associations user=$USER format=account,qos` lists, or "
        "leave it empty",
        kUsage},
    SbatchRemedy{"Invalid feature specification", kFeatures, kUsage},
    SbatchRemedy{"Node feature requirements can not be satisfied", kFeatures, kUsage},
    SbatchRemedy{
        "Invalid generic resource (gres) specification",
        "the cluster knows no such GPUs: compare slurm.gpus_per_node and slurm.extra with `sinfo -o \"%P %G\"`",
        kUsage},
    SbatchRemedy{"Memory specification can not be satisfied", kMemory, kUsage},
    SbatchRemedy{"Memory required by task is not available", kMemory, kUsage},
    SbatchRemedy{
        "Requested time limit is invalid",
        "slurm.time exceeds the partition's limit, or is missing where it must be given; `sinfo -o \"%P %l\"` lists "
        "the limits, and a longer run goes on by slurm.requeue",
        kUsage},
    SbatchRemedy{"More processors requested than permitted", kTaskCount, kUsage},
    SbatchRemedy{"Requested more tasks than available processors", kTaskCount, kUsage},
    SbatchRemedy{"CPU count per node can not be satisfied", kTaskCount, kUsage},
    SbatchRemedy{"CPU count specification invalid", kTaskCount, kUsage},
    SbatchRemedy{"Task count specification invalid", kTaskCount, kUsage},
    SbatchRemedy{
        "Node count specification invalid",
        "the partition has or allows fewer nodes than slurm.nodes; `scontrol show partition` lists MaxNodes and "
        "TotalNodes",
        kUsage},
    SbatchRemedy{"Requested node configuration is not available", kNodes, kUsage},
    SbatchRemedy{"Requested partition configuration not available",
                 "slurm.nodes or slurm.time exceeds what the partition allows; see `scontrol show partition`",
                 kUsage},
    SbatchRemedy{"Required partition not available", kPartitionState, kUsage},
    SbatchRemedy{"Partition in DOWN state", kPartitionState, kUsage},
    SbatchRemedy{"Required node not available",
                 "nodes that were asked for by name are down or reserved; see slurm.extra and `sinfo -R`",
                 kUsage},
    SbatchRemedy{"Invalid node name specified", "slurm.extra names a node that is not there; see `sinfo -N`", kUsage},
    SbatchRemedy{"Job violates accounting/QOS policy", kTellingLimit, kUsage},
    SbatchRemedy{"User's group not permitted to use this partition", kAccess, kUsage},
    SbatchRemedy{"Access denied to requested reservation", kAccess, kUsage},
    SbatchRemedy{"Access/permission denied", kAccess, kUsage},
    SbatchRemedy{"Invalid user id", "the cluster does not know your user: ask its support for an account", kUsage},
    SbatchRemedy{"Requested reservation is invalid", "see `scontrol show reservation` and slurm.extra", kUsage},
    SbatchRemedy{
        "Job dependency problem",
        "the jobs of a chain depend on their common name (singleton): see slurm.extra for another --dependency",
        kUsage},
    SbatchRemedy{
        "Pathname of a file, directory or other parameter too long",
        "the script or one of its paths is too long: fewer --set, move them into RUN.toml; shorten slurm.environment "
        "and paths",
        kUsage},
    SbatchRemedy{"Argument list too long",
                 "the script and your environment are too large together: unset large variables of your shell, or add "
                 "--export=NONE to slurm.extra",
                 kUsage},
    SbatchRemedy{"unrecognized option", kOption, kUsage},
    SbatchRemedy{"Invalid directive found in batch script", kOption, kUsage},
    SbatchRemedy{"I/O error writing script/environment to file",
                 "the controller's disk is full or broken: tell the cluster's support",
                 kInternal},
    SbatchRemedy{"Slurm internal error", "tell the cluster's support", kInternal},
    // sbatch says this before each of its own tries, whatever the last one brings.
    SbatchRemedy{"Slurm temporarily unable to accept job", kQueueFull, kInternal},
};

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

}  // namespace

std::span<const SbatchRemedy> sbatch_remedies() {
  return kRemedies;
}

const SbatchRemedy* find_sbatch_remedy(std::string_view errors) {
  for (const SbatchRemedy& item : kRemedies) {
    const auto found = std::search(errors.begin(), errors.end(), item.message.begin(), item.message.end(), same_letter);
    if (found != errors.end()) return &item;
  }
  return nullptr;
}

}  // namespace understudy
