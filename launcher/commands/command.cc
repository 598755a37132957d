#include "launcher/commands/command.h"

namespace understudy {

CLI::App* add_command(CLI::App& parent,
                      const std::string& name,
                      const std::string& description,
                      const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  return command;
}

std::filesystem::path default_run_directory(const std::filesystem::path& config) {
  return std::filesystem::path("runs") / config.stem();
}

}  // namespace understudy
