#include <memory>
#include <optional>

#include <unistd.h>

#include "common/errors.h"
#include "data_pipeline/packer/packer.h"
#include "launcher/commands/command.h"
#include "launcher/commands/named_choice.h"
#include "launcher/supervisor.h"

namespace understudy {
namespace {

/// The value of `--name VALUE` or `--name=VALUE`.
std::optional<std::string> value_of(const std::vector<std::string>& arguments, const std::string& name) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == name && i + 1 < arguments.size()) return arguments[i + 1];
    if (arguments[i].rfind(name + "=", 0) == 0) return arguments[i].substr(name.size() + 1);
  }
  return std::nullopt;
}

/// Where the command leaves its outcome: the run directory of `train`, or the folder that `pack` works in.
std::filesystem::path run_directory_of(const std::vector<std::string>& arguments) {
  if (arguments.front() == "pack") {
    if (const auto out = value_of(arguments, "--out")) return pack_work_folder(*out);
  }
  if (const auto run = value_of(arguments, "--run")) return *run;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i].ends_with(".toml")) return default_run_directory(arguments[i]);
  }
  throw ConfigError(
      "launch: the command after -- names neither a configuration nor --run; write: launch --ranks N -- train "
      "RUN.toml");
}

std::string own_executable() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

struct LaunchArguments {
  LaunchOptions options;
  std::vector<std::string> command;
};

}  // namespace

void add_launch_command(CLI::App& app, RunCommand& chosen) {
  const std::vector<std::pair<std::string, Starter>> starters{
      {"auto", Starter::kAutomatic}, {"mpirun", Starter::kMpirun}, {"srun", Starter::kSrun}};
  const std::vector<std::pair<std::string, Requeue>> requeues{{"none", Requeue::kNone},
                                                              {"scontrol", Requeue::kScontrol},
                                                              {"exit-code", Requeue::kExitCode},
                                                              {"chain", Requeue::kChain}};
  const auto arguments = std::make_shared<LaunchArguments>();
  LaunchOptions& options = arguments->options;
  CLI::App* command = add_command(app,
                                  "launch",
                                  "Start ranks, watch over them, start them again after a crash, a hang or a lost node",
                                  "understudy launch --ranks 8 -- train configs/fsrt-vox256.toml --run runs/vox256");
  command->add_option("--ranks", options.ranks, "Number of ranks")->required()->check(CLI::PositiveNumber);
  command->add_option("--min-ranks", options.min_ranks, "Go on with so few on the nodes that are left; default: all")
      ->check(CLI::PositiveNumber);
  command->add_option("--max-restarts", options.max_restarts, "Starts in a row that may end without a newer checkpoint")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option(
          "--starter", options.starter.starter, "auto, mpirun or srun; auto is srun in a job whose srun speaks PMIx")
      ->type_name("WAY")
      ->transform(named_choice(starters));
  command->add_option("--requeue", options.requeue, "Who starts a SLURM job again: none, scontrol, exit-code or chain")
      ->type_name("WAY")
      ->transform(named_choice(requeues));
  command->add_option("--hosts", options.hosts, "Nodes outside of SLURM, with commas between them")->delimiter(',');
  command->add_option("--mpirun", options.starter.mpirun, "The mpirun to use");
  command->add_option("--starter-option", options.starter.options, "Handed to mpirun or srun; may be repeated")
      ->allow_extra_args(false);
  command->add_option(
      "--rank-prefix", options.starter.rank_prefix, "Put before the program of a rank: \"apptainer exec image.sif\"");
  command->add_option("command", arguments->command, "Sub-command to run on every rank, after --")->required();
  command->prefix_command(false);
  command->callback([arguments, &chosen] {
    chosen = [arguments] {
      arguments->options.run_directory = run_directory_of(arguments->command);
      std::vector<std::string> program = {own_executable()};
      program.insert(program.end(), arguments->command.begin(), arguments->command.end());
      return static_cast<ExitCode>(supervise(arguments->options, program));
    };
  });
}

}  // namespace understudy
