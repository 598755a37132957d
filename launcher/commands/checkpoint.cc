#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checkpoints/report.h"
#include "common/errors.h"
#include "launcher/commands/command.h"
#include "trainer/saving/checkpoint_list.h"
#include "trainer/saving/checkpoint_prune.h"
#include "trainer/saving/convert.h"
#include "trainer/saving/weights_average.h"

namespace understudy {
namespace {

struct CheckpointArguments {
  std::string run;
  std::string first;
  std::string second;
  bool quick = false;
  PruneRequest prune;
  std::vector<std::filesystem::path> weights;
  std::filesystem::path out;
  ConvertRequest convert;
  std::string format;
};

void add_prune(CLI::App& checkpoint, const std::shared_ptr<CheckpointArguments>& arguments, RunCommand& chosen) {
  PruneRequest& prune = arguments->prune;
  CLI::App* command =
      add_command(checkpoint,
                  "prune",
                  "Remove checkpoints; the best, which links lead to, always stay",
                  "understudy checkpoint prune runs/vox256 --keep-newest 2 --keep-every 50000 --dry-run");
  command->add_option("run", prune.run, "Run directory")->required();
  command->add_option("--keep-newest", prune.keep_newest, "So many of the newest that pass verification stay")
      ->check(at_least(1))
      ->required();
  command->add_option("--keep-every", prune.keep_every, "Multiples of so many iterations stay, too")
      ->check(at_least(1));
  command->add_flag("--damaged", prune.damaged, "Remove those that do not pass verification, too");
  command->add_flag("--anyway", prune.anyway, "Although the run's last start has not said how it ended");
  command->add_flag("--dry-run", prune.dry_run, "Say what would be removed");
  command->callback([arguments, &chosen] {
    chosen.run = [arguments] {
      const std::vector<std::int64_t> removed = prune_checkpoints(arguments->prune);
      if (removed.empty()) {
        fmt::print("nothing to remove\n");
      } else {
        fmt::print("{} {}\n", arguments->prune.dry_run ? "would remove" : "removed", fmt::join(removed, ", "));
      }
      return ExitCode::kDone;
    };
  });
}

void add_average(CLI::App& checkpoint, const std::shared_ptr<CheckpointArguments>& arguments, RunCommand& chosen) {
  CLI::App* average = add_command(checkpoint,
                                  "average",
                                  "Write the mean of several networks' weights",
                                  "understudy checkpoint average runs/a/checkpoints/000004000 "
                                  "runs/a/checkpoints/000005000 --out averaged");
  average->add_option("weights", arguments->weights, "Checkpoints, runs, exports or weight files, at least two")
      ->required();
  average->add_option("--out", arguments->out, "Folder to write: model.safetensors and run.toml")->required();
  average->callback([arguments, &chosen] {
    chosen.run = [arguments] {
      average_weights(arguments->weights, arguments->out);
      fmt::print("{}: the mean of {} weights\n", arguments->out.string(), arguments->weights.size());
      return ExitCode::kDone;
    };
  });
}

void add_convert(CLI::App& checkpoint, const std::shared_ptr<CheckpointArguments>& arguments, RunCommand& chosen) {
  ConvertRequest& request = arguments->convert;
  CLI::App* command =
      add_command(checkpoint,
                  "convert",
                  "Rewrite a checkpoint with its optimisers: a run, the published code's .pt or .pth, "
                  "safetensors",
                  "understudy checkpoint convert model.pt --detector kp_detector.pt --out runs/taken-over");
  command->add_option("from", request.from.path, "Run, checkpoint, export or weight file")->required();
  command->add_option("--out", request.out, "What to write: FOLDER, FILE.pt, FILE.pth or FILE.safetensors")->required();
  command->add_option("--format", arguments->format, "run, pt or safetensors, whatever --out ends in");
  command->add_option("--checkpoint", request.from.checkpoint, "Of a run: best, newest or an iteration")
      ->capture_default_str();
  command->add_option("--config", request.from.config, "Configuration that belongs to a file which keeps none");
  command->add_option("--detector", request.from.detector, "Weights of the keypoint detector, if in another file");
  command->callback([arguments, &chosen] {
    chosen.run = [arguments] {
      if (!arguments->format.empty()) arguments->convert.format = parse_state_format(arguments->format);
      fmt::print("{}\n", convert_checkpoint(arguments->convert));
      return ExitCode::kDone;
    };
  });
}

}  // namespace

void add_checkpoint_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<CheckpointArguments>();
  CLI::App* checkpoint = add_command(app,
                                     "checkpoint",
                                     "List, verify, compare, prune, average and convert checkpoints",
                                     "understudy checkpoint list runs/vox256");
  checkpoint->require_subcommand(1);
  CLI::App* list =
      add_command(*checkpoint, "list", "Show the checkpoints of a run", "understudy checkpoint list runs/vox256");
  list->add_option("run", arguments->run, "Run directory")->required();
  list->add_flag("--quick", arguments->quick, "Read manifests only, not all bytes");
  list->callback([arguments, &chosen] {
    chosen.run = [arguments] {
      fmt::print("{}", checkpoint_table(list_checkpoints(arguments->run, !arguments->quick), !arguments->quick));
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
      if (!report.readable) {
        throw CheckpointError(
            fmt::format("{}: checkpoints of a newer program, which this one cannot verify", arguments->run));
      }
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
      const DiffReport report = diff_checkpoints(arguments->first, arguments->second);
      fmt::print("{}", report.text);
      return report.equal ? ExitCode::kDone : ExitCode::kDiffers;
    };
  });
  add_prune(*checkpoint, arguments, chosen);
  add_average(*checkpoint, arguments, chosen);
  add_convert(*checkpoint, arguments, chosen);
}

}  // namespace understudy
