#include <memory>

#include <unistd.h>

#include "common/errors.h"
#include "launcher/commands/command.h"
#include "launcher/supervisor.h"

namespace understudy {
namespace {

/// The run directory that `train` will use, from its own arguments: --run DIR, or runs/<name of the configuration>.
std::filesystem::path run_directory_of(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--run" && i + 1 < arguments.size()) return arguments[i + 1];
    if (arguments[i].rfind("--run=", 0) == 0) return arguments[i].substr(6);
  }
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i].ends_with(".toml"))
      return std::filesystem::path("runs") / std::filesystem::path(arguments[i]).stem();
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
  const auto arguments = std::make_shared<LaunchArguments>();
  CLI::App* command = add_command(app,
                                  "launch",
                                  "Start ranks with mpirun, hand signals on, restart after a crash",
                                  "understudy launch --ranks 8 -- train configs/fsrt-vox256.toml --run runs/vox256");
  command->add_option("--ranks", arguments->options.ranks, "Number of ranks")->required()->check(CLI::PositiveNumber);
  command->add_option("--max-restarts", arguments->options.max_restarts, "New starts after a crash")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--mpirun", arguments->options.mpirun, "The mpirun to use");
  command->add_option("--mpirun-option", arguments->options.mpirun_options, "Handed to mpirun; may be repeated")
      ->allow_extra_args(false);
  command->add_option("command", arguments->command, "Sub-command to run on every rank, after --")->required();
  command->prefix_command(false);
  command->callback([arguments, &chosen] {
    chosen = [arguments] {
      arguments->options.outcome_file = run_directory_of(arguments->command) / "outcome.json";
      std::vector<std::string> program = {own_executable()};
      program.insert(program.end(), arguments->command.begin(), arguments->command.end());
      return static_cast<ExitCode>(supervise(arguments->options, program));
    };
  });
}

}  // namespace understudy
