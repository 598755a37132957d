#include <memory>

#include <fmt/format.h>

#include "launcher/commands/command.h"
#include "launcher/ranks.h"
#include "trainer/validate_run.h"

namespace understudy {
namespace {

struct ValidateArguments {
  std::string run;
  std::string checkpoint = "newest";
};

}  // namespace

void add_validate_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<ValidateArguments>();
  CLI::App* command = add_command(app,
                                  "validate",
                                  "Validate a checkpoint on the run's fixed list of episodes",
                                  "understudy validate --run runs/vox256 --checkpoint best");
  command->add_option("--run", arguments->run, "Run directory")->required();
  command->add_option("--checkpoint", arguments->checkpoint, "best, newest or an iteration")->capture_default_str();
  command->callback([arguments, &chosen] {
    chosen.run = [arguments] {
      const auto outcome_file = std::filesystem::path(arguments->run) / "validate-outcome.json";
      return run_on_ranks(outcome_file, [&](const RankContext& context) {
        const auto means = validate_run(arguments->run, arguments->checkpoint, context);
        if (!means) return Outcome{ExitCode::kRunAgain, "stopped on request; nothing was written"};
        std::vector<std::string> shown;
        for (const auto& [name, value] : *means) shown.push_back(fmt::format("{} {:.4f}", name, value));
        return Outcome{ExitCode::kDone, fmt::format("{}", fmt::join(shown, ", "))};
      });
    };
  });
}

}  // namespace understudy
