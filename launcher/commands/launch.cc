#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "common/errors.h"
#include "launcher/commands/command.h"
#include "launcher/commands/named_choice.h"
#include "launcher/supervisor.h"

namespace understudy {
namespace {

/// The command to be started. Reads its arguments as the ranks will, so that a mistake is found before any of them
/// starts. @returns  nothing when it asks for help, which is shown. @throws ConfigError
std::optional<RunCommand> read_command(std::vector<std::string> arguments) {
  CLI::App app;
  app.name("understudy launch --ranks N --");
  app.require_subcommand(1);
  RunCommand inner;
  add_commands(app, inner);
  const std::string name = arguments.front();
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw ConfigError(fmt::format("launch: of the command after --: {}", error.what()));
    app.exit(error);  // its help
    return std::nullopt;
  }
  if (inner.outcome_folder.empty()) {
    throw ConfigError(fmt::format("launch: {} does not run on ranks; write: launch --ranks N -- train RUN.toml", name));
  }
  return inner;
}

std::string own_executable() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

struct LaunchArguments {
  LaunchOptions options;
  std::vector<std::string> command;
};

ExitCode launch(LaunchArguments& arguments) {
  const std::optional<RunCommand> command = read_command(arguments.command);
  if (!command) return ExitCode::kDone;
  arguments.options.run_directory = command->outcome_folder;
  std::vector<std::string> program = {own_executable()};
  program.insert(program.end(), arguments.command.begin(), arguments.command.end());
  const auto code = static_cast<ExitCode>(supervise(arguments.options, program));
  const bool understood = code == ExitCode::kDone || code == ExitCode::kUsage || code == ExitCode::kRunAgain;
  std::error_code ignored;
  if (!command->outcome_is_kept && understood) std::filesystem::remove_all(command->outcome_folder, ignored);
  return code;
}

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
  command->add_option("--ranks", options.ranks, "Number of ranks")->required()->check(at_least(1));
  command->add_option("--min-ranks", options.min_ranks, "Go on with so few on the nodes that are left; default: all")
      ->check(at_least(1));
  command->add_option("--max-restarts", options.max_restarts, "Starts in a row that may end without a newer checkpoint")
      ->capture_default_str()
      ->check(at_least(0));
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
  command->callback([arguments, &chosen] { chosen.run = [arguments] { return launch(*arguments); }; });
}

}  // namespace understudy
