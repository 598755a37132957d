#include "trainer/finetune.h"

#include <memory>

#include <fmt/format.h>

#include "common/problems.h"
#include "launcher/commands/command.h"
#include "launcher/commands/shard_work.h"
#include "launcher/ranks.h"

namespace understudy {
namespace {

struct FinetuneArguments {
  FinetuneRequest request;
  std::int64_t iterations = 0;
  double held_out = 0.0;
  std::int64_t patience = 0;
  std::vector<std::string> overrides;
};

/// Beside a run its tuned networks; those of a weight file like a run of that name.
std::filesystem::path default_out(const std::filesystem::path& weights) {
  if (std::filesystem::is_directory(weights / "checkpoints")) return weights / "tuned";
  return std::filesystem::path("runs") / (weights.stem().string() + "-tuned");
}

FinetuneRequest request_from(const FinetuneArguments& arguments) {
  FinetuneRequest request = arguments.request;
  request.people.packed = request.out / "sets";
  for (const std::string& item : arguments.overrides) request.overrides.push_back(parse_override(item));
  if (arguments.iterations > 0)
    request.overrides.push_back({"run.max_iterations", std::to_string(arguments.iterations)});
  if (arguments.held_out > 0) request.overrides.push_back({"data.held_out", fmt::format("{}", arguments.held_out)});
  if (arguments.patience > 0) request.overrides.push_back({"validation.patience", std::to_string(arguments.patience)});
  return request;
}

void check(const FinetuneArguments& arguments) {
  Problems problems;
  if (arguments.patience > 0 && arguments.held_out == 0)
    problems.add("--patience: needs frames to validate on; hold some out with --held-out, such as 0.2");
  for (const std::string& item : arguments.overrides) {
    const std::string key = parse_override(item).key;
    if (key == "data.train" || key == "data.identity")
      problems.add(fmt::format("--set {}: whose frames are used is said by --person alone; leave it out", key));
  }
  problems.raise_if_any("finetune");
}

ExitCode run(const FinetuneArguments& arguments) {
  check(arguments);
  const FinetuneRequest request = request_from(arguments);
  finetune_settings(request);  // what is wrong is said before anything is made
  // One person's ranks keep step with each other; of several, one may be done hours before the others.
  const bool together = count_people(request.people) == 1;
  return run_on_ranks(
      request.out / kOutcomeName,
      [&](const RankContext& context) { return finetune(request, context); },
      together ? RankOptions{} : kShardWorkers);
}

}  // namespace

void add_finetune_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<FinetuneArguments>();
  FinetuneRequest& request = arguments->request;
  CLI::App* command = add_command(app,
                                  "finetune",
                                  "Tune networks of many people to one person, or to several",
                                  "understudy finetune runs/lpd --person sets/anna --iterations 560 --held-out 0.2");
  command->add_option("run", request.weights, "Run, checkpoint or weight file of many people's networks")->required();
  command
      ->add_option("--person",
                   request.people.places,
                   "Data set, of which everybody is tuned to, or folder of one person's cut pictures; may be repeated")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--masks", request.people.masks, "Masks of such a folder (.png); default FOLDER/masks")
      ->allow_extra_args(false);
  command->add_option("--iterations", arguments->iterations, "Steps to take; default 560")->check(at_least(1));
  command->add_option("--out", request.out, "Folder for a run of each person; default RUN/tuned");
  command->add_option("--held-out", arguments->held_out, "Share of each clip's frames to validate on instead")
      ->check(CLI::Range(0.0, 0.9));
  command
      ->add_option(
          "--patience", arguments->patience, "Stop after so many validations without a better one; needs --held-out")
      ->check(at_least(1));
  command->add_option("--config", request.config, "Configuration of tuning; needed only beside a bare weight file");
  command->add_option("--set", arguments->overrides, "Override a key: SECTION.KEY=VALUE; may be repeated")
      ->allow_extra_args(false);
  command->callback([arguments, &chosen] {
    if (arguments->request.out.empty()) arguments->request.out = default_out(arguments->request.weights);
    chosen.outcome_folder = arguments->request.out;
    chosen.run = [arguments] { return run(*arguments); };
  });
}

}  // namespace understudy
