#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "common/exit_codes.h"
#include "common/log.h"
#include "common/problems.h"
#include "common/version.h"
#include "launcher/commands/command.h"
#include "launcher/descriptor_limit.h"
#include "launcher/error_report.h"

namespace {

using understudy::ExitCode;

int exit_status(ExitCode code) {
  return static_cast<int>(code);
}

std::string suggestion(const CLI::App& app, int argc, char** argv) {
  if (argc < 2) return "";
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  const std::string near = understudy::nearest_word(argv[1], names);
  return near.empty() || near == argv[1] ? "" : fmt::format("\nDid you mean `understudy {}`?", near);
}

/// Prints help or what is wrong with the command line.
int report_command_line(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (error.get_exit_code() == 0) return app.exit(error);
  fmt::print(stderr, "understudy: {}{}\nSee understudy --help.\n", error.what(), suggestion(app, argc, argv));
  return exit_status(ExitCode::kUsage);
}

int run(const understudy::RunCommand& command) {
  try {
    return exit_status(command.run());
  } catch (const std::exception& error) {
    spdlog::error("{}", understudy::message_of(error));
    return exit_status(understudy::exit_code_of(error));
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Understudy trains face-reenactment networks on clusters, resumes to the same bits, and exports for inference.");
  app.name("understudy");
  app.set_version_flag("--version", std::string(understudy::version()));
  app.require_subcommand(1);
  understudy::RunCommand chosen;
  understudy::add_commands(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_command_line(app, error, argc, argv);
  }
  understudy::set_up_log(0, 1);
  understudy::raise_descriptor_limit();
  return run(chosen);
}
