#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config_reader.h"
#include "trainer/findings.h"
#include "trainer/recipe_plan.h"
#include "trainer/replay.h"
#include "trainer/run_config.h"

namespace understudy {

class DataSet;
class ExportFolder;
struct ExportSource;
struct InferenceSource;
class PickleValue;
class Reenactor;

/// The part of a run's configuration that belongs to its recipe.
class RecipeConfig {
 public:
  virtual ~RecipeConfig() = default;

  /// Takes `recipe.stage` of the file before anything else is read, since other defaults follow from it. A name that is
  /// no stage is left to the reading of the key.
  virtual void choose_stage(std::string_view) {}

  /// Sections and keys of the recipe; it may add keys to the sections of RunConfig.
  virtual void describe(ConfigVisitor& visitor) = 0;

  /// Defaults of RunConfig that differ for this recipe, set before the file is read.
  virtual void set_defaults(RunConfig&) const {}

  /// Cross-field checks that need no file.
  virtual void validate(const RunConfig& run, Problems& problems) const = 0;

  /// Builds the networks with their keyed initial weights and loads what is frozen.
  /// @throws ConfigError, CheckpointError  naming the key whose file is missing or does not fit
  virtual std::unique_ptr<Recipe> make_recipe(const RunConfig& run) const = 0;

  /// A recipe of the configured sizes for what follows from these alone (names, shapes, metrics, phases): it may lack
  /// weights and frozen networks, and cannot compute. Reads no file unless the recipe has no cheaper way.
  virtual std::unique_ptr<Recipe> make_outline(const RunConfig& run) const { return make_recipe(run); }

  /// Reads every weight file that make_recipe reads, one finding for each that is missing or does not fit.
  /// @returns those that can be used
  virtual std::vector<WeightsFile> check_weights(const RunConfig& run, Findings& findings) const;

  /// Phases and memory of a run.
  virtual RecipePlan plan(const RunConfig& run) const;

  /// Keys that make networks compute in the published code's order of operations, where there is a faster one.
  virtual std::vector<ConfigOverride> published_arithmetic() const { return {}; }

  /// One step on a stored batch; see trainer/replay.h. @throws ConfigError  when the recipe has no replay
  virtual NamedTensors replay(const RunConfig& run, const ReplayRequest& request, const NamedTensors& batch) const;

  /// Takes what the published code keeps beside the weights of a checkpoint: sizes, and what else it says.
  /// @returns false when it is no checkpoint of this system. @throws CheckpointError
  virtual bool take_published(const PickleValue&) { return false; }

  /// Weights of any file under the names of Recipe::state, where the published code names them otherwise.
  virtual NamedTensors own_names(NamedTensors weights) const { return weights; }

  /// State of the players' optimisers out of a published checkpoint, as StepEngine::optimizer_state names it: of those
  /// players whose whole state is in the file and fits. The others start anew; a warning says why.
  virtual NamedTensors optimizer_state(const PickleValue& checkpoint, const std::vector<Player>& players) const;

  /// Finished iterations of a published checkpoint; 0 where it does not say.
  virtual std::int64_t published_iterations(const PickleValue&) const { return 0; }

  /// The published code's checkpoint of a run's networks and optimisers, and of whatever the run has besides under keys
  /// that the published code leaves alone: reading it back gives every tensor.
  /// @throws ConfigError  when the system has none. @throws CheckpointError
  virtual PickleValue published_checkpoint(const RunConfig& run, const ExportSource& source) const;

  /// Writes and checks the files of an export; see trainer/exporting/export.h. @returns one sentence about the
  /// networks, for the model card. @throws ConfigError  when the recipe has nothing to export
  virtual std::string export_files(const RunConfig& run, const ExportSource& source, ExportFolder& folder) const;

  /// The configuration of a run that tunes such networks to one person: with their sizes, data and losses, and a
  /// tuning run's defaults. @throws ConfigError  when the system has none, or these networks are tuned already
  virtual std::unique_ptr<RecipeConfig> for_one_person() const;

  /// What a run of such a configuration begins with, as its Recipe::state names it. Reads every usable frame.
  /// @param run  of the tuning run. @param weights  of networks trained on many people
  /// @param person  a set whose usable frames all show the person
  /// @throws ConfigError  when the system has none. @throws CheckpointError, DataError
  virtual NamedTensors personal_state(const RunConfig& run, const NamedTensors& weights, const DataSet& person) const;

  /// Loads the networks for reenactment. @throws ConfigError  when the recipe animates nothing. @throws CheckpointError
  virtual std::unique_ptr<Reenactor> make_reenactor(const RunConfig& run, const InferenceSource& source) const;
};

/// A whole configuration: what every run has and what the recipe adds.
class RunSettings {
 public:
  /// @param name  of the file, for messages. @throws ConfigError  with every problem at once
  static RunSettings read(std::string_view toml, std::string_view name, const std::vector<ConfigOverride>& overrides);

  /// The same with every problem added to `problems`: keys that cannot be read keep their defaults, and checks across
  /// keys are left out then. @returns nothing when the text is no TOML or names no recipe
  static std::optional<RunSettings> read(std::string_view toml,
                                         std::string_view name,
                                         const std::vector<ConfigOverride>& overrides,
                                         Problems& problems);

  /// Reads a file over settings that stand for what it does not say; overrides come last. @throws ConfigError
  void read_onto(std::string_view toml, std::string_view name, const std::vector<ConfigOverride>& overrides);

  /// Defaults of a recipe, as for the config reference.
  static RunSettings defaults(std::string_view recipe, std::string_view stage = {});

  /// All keys as TOML; reading it gives the same settings.
  std::string text() const;
  DescribeConfig describing() const;

  RunConfig run;
  std::unique_ptr<RecipeConfig> recipe;
};

}  // namespace understudy
