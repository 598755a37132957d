#include <memory>

#include <fmt/format.h>

#include "checkpoints/safetensors.h"
#include "common/atomic_file.h"
#include "common/config_reader.h"
#include "launcher/commands/command.h"
#include "trainer/machine.h"
#include "trainer/memory_pool.h"
#include "trainer/recipe_config.h"

namespace understudy {
namespace {

struct ReplayArguments {
  std::string config;
  std::string weights;
  std::string perceptual;
  std::string batch;
  std::int64_t iteration = 0;
  std::string out;
  std::vector<std::string> overrides;
};

/// What is replayed is compared, with the published code above all: in its order of operations unless told otherwise.
RunSettings read_settings(const ReplayArguments& arguments) {
  const std::string text = read_file(arguments.config);
  std::vector<ConfigOverride> asked;
  for (const std::string& item : arguments.overrides) asked.push_back(parse_override(item));
  std::vector<ConfigOverride> overrides =
      RunSettings::read(text, arguments.config, asked).recipe->published_arithmetic();
  overrides.insert(overrides.end(), asked.begin(), asked.end());
  return RunSettings::read(text, arguments.config, overrides);
}

ExitCode run(const ReplayArguments& arguments) {
  keep_tensor_memory();
  const RunSettings settings = read_settings(arguments);
  if (settings.run.threads_per_rank > 0) set_intra_operator_threads(static_cast<int>(settings.run.threads_per_rank));
  ReplayRequest request{
      .weights = arguments.weights, .perceptual = {}, .batch = arguments.batch, .iteration = arguments.iteration};
  if (!arguments.perceptual.empty()) request.perceptual = arguments.perceptual;
  const NamedTensors results = replay(settings, request);
  write_safetensors(arguments.out, results, {{"format", "understudy.result.v1"}, {"system", settings.run.recipe}});
  fmt::print("{} tensors in {}\n", results.size(), arguments.out);
  return ExitCode::kDone;
}

}  // namespace

void add_replay_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<ReplayArguments>();
  CLI::App* command =
      add_command(app,
                  "replay",
                  "Run one training step on a stored batch and write losses, gradients and intermediate tensors",
                  "understudy replay --config run.toml --weights model.safetensors --batch failed.safetensors "
                  "--iteration 41200 --out result.safetensors");
  command->add_option("--config", arguments->config, "Configuration in TOML")->required();
  command->add_option("--weights", arguments->weights, "Weight file, checkpoint or run")->required();
  command->add_option("--perceptual", arguments->perceptual, "VGG-19 weights, instead of perceptual.weights");
  command->add_option("--batch", arguments->batch, "Stored batch (safetensors)")->required();
  command->add_option("--iteration", arguments->iteration, "Iteration; decides phase and learning rate")->required();
  command->add_option("--out", arguments->out, "Result file (safetensors)")->required();
  command
      ->add_option("--set",
                   arguments->overrides,
                   "Override a key: SECTION.KEY=VALUE; may be repeated. Unless set here, operations have the order "
                   "of the published code (recipe fsrt: model.plain_arithmetic = true)")
      ->allow_extra_args(false);
  command->callback([arguments, &chosen] { chosen.run = [arguments] { return run(*arguments); }; });
}

}  // namespace understudy
