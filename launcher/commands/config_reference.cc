#include <memory>

#include <fmt/format.h>

#include "common/config_writer.h"
#include "launcher/cluster_profile.h"
#include "launcher/commands/command.h"
#include "trainer/recipes/registry.h"

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

ExitCode print_profile_reference() {
  ClusterProfile profile;
  fmt::print("{}", document_config([&profile](ConfigVisitor& visitor) { describe(visitor, profile); }));
  return ExitCode::kDone;
}

}  // namespace

void add_config_reference_command(CLI::App& app, RunCommand& chosen) {
  const auto profile = std::make_shared<bool>(false);
  CLI::App* command = add_command(app,
                                  "config-reference",
                                  "Print every key of the configuration as Markdown",
                                  "understudy config-reference > docs/config-reference.md");
  command->add_flag("--profile", *profile, "The keys of a cluster's profile, for submit, instead");
  command->callback([profile, &chosen] { chosen.run = *profile ? print_profile_reference : print_reference; });
}

}  // namespace understudy
