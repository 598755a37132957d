#include "trainer/validate_run.h"

#include <charconv>

#include <fmt/format.h>

#include "common/errors.h"
#include "trainer/machine.h"
#include "trainer/memory_pool.h"
#include "trainer/training_sets.h"
#include "trainer/validator.h"
#include "trainer/weights_source.h"

namespace understudy {

LoadedCheckpoint choose_checkpoint(const std::filesystem::path& run, const std::string& which) {
  const CheckpointStore store(run);
  if (which == "newest") {
    if (auto newest = store.newest_intact()) return *std::move(newest);
    throw CheckpointError(fmt::format("{}: holds no checkpoint", run.string()));
  }
  if (which == "best") {
    const std::filesystem::path folder = std::filesystem::canonical(weight_file_of(run)).parent_path();
    return store.open(read_manifest(folder).iteration);
  }
  std::int64_t iteration = -1;
  const auto parsed = std::from_chars(which.data(), which.data() + which.size(), iteration);
  if (parsed.ec != std::errc() || parsed.ptr != which.data() + which.size()) {
    throw ConfigError(fmt::format("--checkpoint {}: give best, newest or an iteration", which));
  }
  return store.open(iteration);
}

LoadedRun load_run(const LoadedCheckpoint& checkpoint) {
  LoadedRun run{RunSettings::read(checkpoint.manifest().config, (checkpoint.folder() / kManifestName).string(), {}),
                nullptr};
  if (run.settings.run.threads_per_rank > 0)
    set_intra_operator_threads(static_cast<int>(run.settings.run.threads_per_rank));
  run.recipe = run.settings.recipe->make_recipe(run.settings.run);
  const NamedTensors state = run.recipe->state();
  const TransferReport report = transfer_weights(checkpoint.tensors(kModelPart), state);
  if (report.taken != state.size()) {
    throw CheckpointError(fmt::format(
        "{}: lacks {} of the networks' tensors", checkpoint.folder().string(), state.size() - report.taken));
  }
  return run;
}

std::optional<std::vector<Term>> validate_run(const std::filesystem::path& run,
                                              const std::string& which,
                                              const RankContext& context) {
  keep_tensor_memory();
  LoadedRun loaded = load_run(choose_checkpoint(run, which));
  const RunConfig& config = loaded.settings.run;
  const std::optional<NamedSet> named = validation_set_of(config);
  if (!named) {
    throw ConfigError(fmt::format("{}: its configuration has neither data.validation nor data.held_out", run.string()));
  }
  const EpisodeSpec spec = loaded.recipe->episode();
  const std::shared_ptr<const DataSet> set = open_set(*named, requirements_of(spec));
  const Sampler sampler(set, static_cast<std::uint64_t>(config.seed), spec, {.balance = config.balance});
  const Validator validator(*loaded.recipe, sampler, config.validation, loader_options(config));
  return validator.run(*loaded.recipe, context);
}

}  // namespace understudy
