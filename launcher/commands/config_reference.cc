#include <fmt/format.h>

#include "common/config_writer.h"
#include "launcher/commands/command.h"
#include "trainer/recipe_config.h"

namespace understudy {
namespace {

ExitCode print_reference() {
  fmt::print(
      "# Config reference\n\nWritten by `understudy config-reference` from the structs that the program reads.\n"
      "A *method* key is part of what is trained: a resume with another value is refused. A *machine* key is free.\n");
  for (const std::string& recipe : recipe_names()) {
    fmt::print("\n# Recipe `{}`\n\n{}", recipe, document_config(RunSettings::defaults(recipe).describing()));
  }
  return ExitCode::kDone;
}

}  // namespace

void add_config_reference_command(CLI::App& app, RunCommand& chosen) {
  add_command(app,
              "config-reference",
              "Print every key of the configuration as Markdown",
              "understudy config-reference > docs/config-reference.md")
      ->callback([&chosen] { chosen = print_reference; });
}

}  // namespace understudy
