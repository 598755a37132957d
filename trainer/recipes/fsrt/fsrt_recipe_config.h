#pragma once

#include <string>
#include <vector>

#include "data_pipeline/fsrt_data_config.h"
#include "models/fsrt/fsrt_config.h"
#include "trainer/precision.h"
#include "trainer/recipe_config.h"

namespace understudy {

/// Weights of FSRT's losses (runs/vox256/vox256.yaml; FSRT Eqs. 11-20).
struct FsrtLossConfig {
  double pixel_weight = 1.0;
  std::vector<double> perceptual_weights = {0.01, 0.01, 0.01, 0.01, 0.01};
  bool statistical_regularization = true;
  double invariance_weight = 1.0;
  double variance_weight = 0.2;
  double covariance_weight = 1.0;
  double generator_gan_weight = 0.001;
  double discriminator_gan_weight = 0.001;
  std::vector<double> feature_matching_weights = {0.01, 0.01, 0.01, 0.01};
};

/// FSRT's three phases, by iteration (FSRT section 3.3 and 7.2).
struct FsrtPhaseConfig {
  std::int64_t phase1_iterations = 200'000;
  std::int64_t phase2_iterations = 300'000;
  std::int64_t discriminator_warmup = 500;
  bool use_discriminator = true;

  Iteration phase2_start() const { return phase1_iterations; }
  Iteration phase3_start() const { return phase1_iterations + phase2_iterations; }
};

/// Everything FSRT adds to a run's configuration; the defaults are the official values.
class FsrtRecipeConfig final : public RecipeConfig {
 public:
  void describe(ConfigVisitor& visitor) override;
  void validate(const RunConfig& run, Problems& problems) const override;
  std::unique_ptr<Recipe> make_recipe(const RunConfig& run) const override;
  std::unique_ptr<Recipe> make_outline(const RunConfig& run) const override;
  std::vector<WeightsFile> check_weights(const RunConfig& run, Findings& findings) const override;
  RecipePlan plan(const RunConfig& run) const override;
  std::vector<ConfigOverride> published_arithmetic() const override;
  NamedTensors replay(const RunConfig& run, const ReplayRequest& request, const NamedTensors& batch) const override;
  NamedTensors optimizer_state(const PickleValue& checkpoint, const std::vector<Player>& players) const override;
  std::int64_t published_iterations(const PickleValue& checkpoint) const override;
  PickleValue published_checkpoint(const RunConfig& run, const ExportSource& source) const override;
  std::string export_files(const RunConfig& run, const ExportSource& source, ExportFolder& folder) const override;
  std::unique_ptr<Reenactor> make_reenactor(const RunConfig& run, const InferenceSource& source) const override;

  FsrtModelConfig model;
  Precision precision = Precision::kFloat32;
  FsrtDataConfig data;
  bool distinct_frames = false;
  FsrtLossConfig losses;
  FsrtPhaseConfig phases;
  std::string detector_weights;
  std::string perceptual_weights_file;
};

}  // namespace understudy
