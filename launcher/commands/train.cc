#include <memory>
#include <optional>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/config_reader.h"
#include "launcher/commands/command.h"
#include "launcher/ranks.h"
#include "trainer/trainer.h"

namespace understudy {
namespace {

struct TrainOptions {
  std::string config;
  std::filesystem::path run_directory;
  std::optional<std::int64_t> until;
  std::string init_from;
  std::vector<std::string> overrides;
  bool fresh = false;
  bool accept_change = false;
  bool check = false;
};

TrainRequest request_from(const TrainOptions& options) {
  TrainRequest request;
  request.config_text = read_file(options.config);
  request.config_name = options.config;
  for (const std::string& item : options.overrides) request.overrides.push_back(parse_override(item));
  request.run_directory = options.run_directory;
  request.until = options.until;
  if (!options.init_from.empty()) request.init_from = options.init_from;
  request.fresh = options.fresh;
  request.accept_change = options.accept_change;
  return request;
}

/// Reads the configuration and reports every problem; trains nothing.
ExitCode check(const TrainOptions& options) {
  const TrainRequest request = request_from(options);
  RunSettings::read(request.config_text, request.config_name, request.overrides);
  fmt::print("{}: no problems\n", options.config);
  return ExitCode::kDone;
}

}  // namespace

void add_train_command(CLI::App& app, RunCommand& chosen) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* command =
      add_command(app,
                  "train",
                  "Train, or resume a run directory that holds a checkpoint",
                  "understudy train configs/fsrt-vox256.toml --run runs/vox256 --set data.train=sets/vox/train");
  command->add_option("config", options->config, "Configuration in TOML")->required();
  command->add_option("--run", options->run_directory, "Run directory; default runs/<name of the configuration>");
  command
      ->add_option(
          "--until", options->until, "Save and end after this many iterations; 0 saves what the run starts from")
      ->check(at_least(0));
  command->add_option(
      "--init-from", options->init_from, "Start from the weights of another run, a checkpoint or a weight file");
  command->add_option("--set", options->overrides, "Override a key: SECTION.KEY=VALUE; may be repeated")
      ->allow_extra_args(false);
  command->add_flag("--fresh", options->fresh, "Refuse a run directory that holds a checkpoint instead of resuming it");
  command->add_flag(
      "--accept-change", options->accept_change, "Resume although keys that define the method have changed");
  command->add_flag("--check", options->check, "Only read the configuration and report its problems");
  command->callback([options, &chosen] {
    if (options->check) {
      chosen.run = [options] { return check(*options); };
      return;
    }
    if (options->run_directory.empty()) options->run_directory = default_run_directory(options->config);
    chosen.outcome_folder = options->run_directory;
    chosen.run = [options] {
      return run_on_ranks(options->run_directory / kOutcomeName,
                          [&](const RankContext& context) { return train(request_from(*options), context); });
    };
  });
}

}  // namespace understudy
