#include "trainer/recipe_config.h"

#include <fmt/format.h>

#include "checkpoints/pickle.h"
#include "common/config_writer.h"
#include "common/errors.h"
#include "trainer/inference.h"
#include "trainer/recipes/registry.h"

namespace understudy {
namespace {

/// Checks across keys, and what follows from other keys.
void complete(RunSettings& settings, Problems& problems) {
  validate(settings.run, problems);
  settings.recipe->validate(settings.run, problems);
  BatchLayout& batch = settings.run.batch;
  if (batch.statistics_group == 0) batch.statistics_group = batch.micro_batch;
}

}  // namespace

std::vector<WeightsFile> RecipeConfig::check_weights(const RunConfig&, Findings&) const {
  return {};
}

RecipePlan RecipeConfig::plan(const RunConfig&) const {
  return {};
}

NamedTensors RecipeConfig::replay(const RunConfig& run, const ReplayRequest&, const NamedTensors&) const {
  throw ConfigError(fmt::format("replay: recipe {} has no replay", run.recipe));
}

NamedTensors RecipeConfig::optimizer_state(const PickleValue&, const std::vector<Player>&) const {
  return {};
}

PickleValue RecipeConfig::published_checkpoint(const RunConfig& run, const ExportSource&) const {
  throw ConfigError(fmt::format("recipe {} has no published checkpoint", run.recipe));
}

std::string RecipeConfig::export_files(const RunConfig& run, const ExportSource&, ExportFolder&) const {
  throw ConfigError(fmt::format("export: recipe {} has no export", run.recipe));
}

std::unique_ptr<RecipeConfig> RecipeConfig::for_one_person() const {
  throw ConfigError("finetune: these networks belong to a system that is not tuned to people");
}

NamedTensors RecipeConfig::personal_state(const RunConfig& run, const NamedTensors&, const DataSet&) const {
  throw ConfigError(fmt::format("finetune: recipe {} is not tuned to people", run.recipe));
}

std::unique_ptr<Reenactor> RecipeConfig::make_reenactor(const RunConfig& run, const InferenceSource& source) const {
  throw ConfigError(fmt::format("{}: belongs to recipe {}, which animates nothing; name weights of another recipe",
                                source.weights.string(),
                                run.recipe));
}

RunSettings RunSettings::defaults(std::string_view recipe, std::string_view stage) {
  RunSettings settings;
  settings.recipe = make_recipe_config(recipe);
  settings.run.recipe = recipe;
  settings.recipe->choose_stage(stage);
  settings.recipe->set_defaults(settings.run);
  return settings;
}

RunSettings RunSettings::read(std::string_view toml,
                              std::string_view name,
                              const std::vector<ConfigOverride>& overrides) {
  Problems problems;
  std::optional<RunSettings> settings = read(toml, name, overrides, problems);
  problems.raise_if_any(name);
  return *std::move(settings);
}

std::optional<RunSettings> RunSettings::read(std::string_view toml,
                                             std::string_view name,
                                             const std::vector<ConfigOverride>& overrides,
                                             Problems& problems) {
  std::optional<RunSettings> settings;
  try {
    settings = defaults(peek_text_key(toml, overrides, "recipe", "name", default_recipe()),
                        peek_text_key(toml, overrides, "recipe", "stage", ""));
  } catch (const ConfigError& error) {
    problems.add(error.what());
    return std::nullopt;
  }
  if (!read_config(toml, name, overrides, settings->describing(), problems)) return std::nullopt;
  if (problems.empty()) complete(*settings, problems);
  return settings;
}

void RunSettings::read_onto(std::string_view toml,
                            std::string_view name,
                            const std::vector<ConfigOverride>& overrides) {
  Problems problems;
  if (read_config(toml, name, overrides, describing(), problems) && problems.empty()) complete(*this, problems);
  problems.raise_if_any(name);
}

DescribeConfig RunSettings::describing() const {
  // Visitors take the structs by reference because one of them writes; the others only look.
  auto& run_config = const_cast<RunConfig&>(run);
  RecipeConfig& recipe_config = *recipe;
  return [&run_config, &recipe_config](ConfigVisitor& visitor) {
    understudy::describe(visitor, run_config);
    recipe_config.describe(visitor);
  };
}

std::string RunSettings::text() const {
  return write_config(describing());
}

}  // namespace understudy
