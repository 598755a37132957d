#include <memory>

#include <fmt/format.h>

#include "checkpoints/report.h"
#include "common/errors.h"
#include "launcher/commands/command.h"

namespace understudy {
namespace {

struct CheckpointArguments {
  std::string run;
  std::string first;
  std::string second;
};

}  // namespace

void add_checkpoint_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<CheckpointArguments>();
  CLI::App* checkpoint =
      add_command(app, "checkpoint", "List, verify and compare checkpoints", "understudy checkpoint list runs/vox256");
  checkpoint->require_subcommand(1);
  CLI::App* list =
      add_command(*checkpoint, "list", "Show the checkpoints of a run", "understudy checkpoint list runs/vox256");
  list->add_option("run", arguments->run, "Run directory")->required();
  list->callback([arguments, &chosen] {
    chosen.run = [arguments] {
      fmt::print("{}", list_checkpoints(arguments->run));
      return ExitCode::kDone;
    };
  });
  CLI::App* verify = add_command(*checkpoint,
                                 "verify",
                                 "Check size and SHA-256 of every part of every checkpoint",
                                 "understudy checkpoint verify runs/vox256");
  verify->add_option("run", arguments->run, "Run directory")->required();
  verify->callback([arguments, &chosen] {
    chosen.run = [arguments] {
      const VerifyReport report = verify_checkpoints(arguments->run);
      fmt::print("{}", report.text);
      if (!report.intact) throw CheckpointError(fmt::format("{}: damaged checkpoints", arguments->run));
      return ExitCode::kDone;
    };
  });
  CLI::App* diff = add_command(*checkpoint,
                               "diff",
                               "Compare the tensors of two checkpoints or weight files",
                               "understudy checkpoint diff runs/a/checkpoints/000005000 model.pt");
  diff->add_option("first", arguments->first, "Checkpoint folder or weight file")->required();
  diff->add_option("second", arguments->second, "Checkpoint folder or weight file")->required();
  diff->callback([arguments, &chosen] {
    chosen.run = [arguments] {
      fmt::print("{}", diff_checkpoints(arguments->first, arguments->second).text);
      return ExitCode::kDone;
    };
  });
}

}  // namespace understudy
