#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/set_report.h"
#include "launcher/commands/shard_tools.h"
#include "trainer/drawn_iteration.h"
#include "trainer/recipe_config.h"
#include "trainer/training_sets.h"

namespace understudy {
namespace {

struct SampleOptions {
  std::string set;
  std::int64_t iteration = 0;
  std::uint64_t global_batch = 24;
  std::uint64_t seed = 0;
  std::int64_t sources = 1;
  std::string config;
  bool json = false;
  std::string out;
};

/// Who, which clips and which frames, of a set alone.
ExitCode sample_set(const SampleOptions& options) {
  if (options.set.empty()) throw ConfigError("shard sample: name a set, or a run's configuration with --config");
  const EpisodeSpec spec{
      .sources = options.sources, .distinct_frames = false, .needs_landmarks = false, .needs_masks = false};
  const auto set = std::make_shared<const DataSet>(DataSet::open(options.set, requirements_of(spec)));
  const Sampler sampler(set, options.seed, spec);
  fmt::print("{}", describe_samples(sampler, static_cast<std::uint64_t>(options.iteration), options.global_batch));
  return ExitCode::kDone;
}

RunSettings settings_of(const SampleOptions& options) {
  std::filesystem::path file = options.config;
  if (std::filesystem::is_directory(file)) file /= "run.toml";
  RunSettings settings = RunSettings::read(read_file(file), file.string(), {});
  if (!options.set.empty()) {
    settings.run.train_sets = {options.set};
    settings.run.weights = {};
  }
  return settings;
}

/// All that an iteration of a run draws.
ExitCode sample_run(const SampleOptions& options) {
  const RunSettings settings = settings_of(options);
  const std::unique_ptr<Recipe> recipe = settings.recipe->make_outline(settings.run);
  Problems problems;
  const DataSets sets = open_training_sets(settings.run, requirements_of(recipe->episode()), problems);
  problems.raise_if_any(options.config);
  const MixedSampler sampler = training_sampler(sets, settings.run, recipe->episode());
  const auto drawn = drawn_iteration(*recipe, sampler, settings.run, options.iteration);
  fmt::print("{}", options.json ? drawn.dump(2) + "\n" : drawn_iteration_text(drawn));
  if (!options.out.empty())
    write_png(options.out, drawn_iteration_sheet(*recipe, sampler, settings.run, options.iteration));
  return ExitCode::kDone;
}

}  // namespace

void add_shard_sample(CLI::App& shard, RunCommand& chosen) {
  const auto options = std::make_shared<SampleOptions>();
  CLI::App* tool = add_command(shard,
                               "sample",
                               "Print what an iteration trains on; with a run's configuration, every number drawn",
                               "understudy shard sample --config runs/vox256 --iteration 41200 --out batch.png");
  tool->add_option("set", options->set, "Folder of the set, or its manifest; with --config, instead of data.train");
  tool->add_option("--iteration", options->iteration, "Iteration, counted from 0")->check(at_least(0));
  CLI::Option* config =
      tool->add_option("--config", options->config, "Configuration of the run, or its directory: seed, batch, recipe");
  tool->add_flag("--json", options->json, "Print JSON, with long lists whole")->needs(config);
  tool->add_option("--out", options->out, "Also write the pictures as the networks see them, a row a sample (PNG)")
      ->needs(config);
  tool->add_option("--global-batch", options->global_batch, "batch.global_batch of the run")->excludes(config);
  tool->add_option("--seed", options->seed, "run.seed of the run")->excludes(config);
  tool->add_option("--sources", options->sources, "model.sources of the run")->excludes(config);
  tool->callback([options, &chosen] {
    chosen.run = [options] { return options->config.empty() ? sample_set(*options) : sample_run(*options); };
  });
}

}  // namespace understudy
