#pragma once

#include "data_pipeline/fsrt_data_config.h"
#include "models/fsrt/fsrt_config.h"
#include "trainer/recipe_config.h"

namespace understudy {

/// What recipe `keypoints` adds to a run's configuration.
class KeypointsRecipeConfig final : public RecipeConfig {
 public:
  void describe(ConfigVisitor& visitor) override;
  void set_defaults(RunConfig& run) const override;
  void validate(const RunConfig& run, Problems& problems) const override;
  std::unique_ptr<Recipe> make_recipe(const RunConfig& run) const override;
  RecipePlan plan(const RunConfig& run) const override;
  NamedTensors own_names(NamedTensors weights) const override;
  PickleValue published_checkpoint(const RunConfig& run, const ExportSource& source) const override;
  std::string export_files(const RunConfig& run, const ExportSource& source, ExportFolder& folder) const override;

  FsrtModelConfig model;
  FsrtDataConfig data;
  double landmark_weight = 10.0;
  double equivariance_weight = 10.0;
  double transform_deviation = 0.1;
};

}  // namespace understudy
