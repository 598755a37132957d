#pragma once

#include <string>

#include "data_pipeline/latent_pose_data_config.h"
#include "models/latent_pose/discriminator_config.h"
#include "models/latent_pose/embedder.h"
#include "models/latent_pose/generator_config.h"
#include "trainer/precision.h"
#include "trainer/recipe_config.h"

namespace understudy {

/// Which part of the method a run is.
enum class LatentPoseStage {
  kMeta,      ///< all networks, on many people
  kFinetune,  ///< generator and discriminator, on one person whose identity is a parameter
  kDrive,     ///< no training: what replay of inference asks for
};

/// Weights of the losses (configs/default.yaml of the official code; the paper names none).
struct LatentPoseLossConfig {
  double adversarial_weight = 1.0;
  double feature_matching_weight = 10.0;
  double perceptual_weight = 0.03;  ///< of the Caffe VGG-19
  double face_weight = 0.006;       ///< of VGGFace
  double dice_weight = 1.0;
  double embedding_match_weight = 0.01;  ///< meta-learning alone
  double l1_weight = 0.0;                ///< of the mean absolute difference of pixels, which the paper does not use
};

/// Sizes of all networks; the defaults are the published ones.
struct LatentPoseModelConfig {
  std::int64_t image_size = 256;
  std::int64_t identities = 98'000;  ///< rows of the discriminator's matrix: training videos
  std::int64_t identity_frames = 8;
  Aggregation aggregation = Aggregation::kMean;
  double pose_dropout = 0.2;
  std::int64_t channels = 64;
  std::int64_t max_channels = 512;
  std::int64_t discriminator_blocks = 7;
  EmbedderConfig embedder;
  double start_spread = 0.0;   ///< the generator's learned start is drawn within this distance of 1
  double identity_gain = 1.0;  ///< factor of the first weights of the identity encoder's last layer
  double pose_gain = 1.0;      ///< the same of the pose encoder's

  LatentPoseGeneratorConfig generator() const;
  LatentPoseDiscriminatorConfig discriminator() const;
};

/// Everything Latent Pose Descriptors add to a run's configuration; the defaults are the official values of the stage.
class LatentPoseRecipeConfig final : public RecipeConfig {
 public:
  void choose_stage(std::string_view stage) override;
  void set_defaults(RunConfig& run) const override;
  void describe(ConfigVisitor& visitor) override;
  void validate(const RunConfig& run, Problems& problems) const override;
  std::unique_ptr<Recipe> make_recipe(const RunConfig& run) const override;
  std::unique_ptr<Recipe> make_outline(const RunConfig& run) const override;
  std::vector<WeightsFile> check_weights(const RunConfig& run, Findings& findings) const override;
  RecipePlan plan(const RunConfig& run) const override;
  bool take_published(const PickleValue& checkpoint) override;
  NamedTensors own_names(NamedTensors weights) const override;
  NamedTensors optimizer_state(const PickleValue& checkpoint, const std::vector<Player>& players) const override;
  std::int64_t published_iterations(const PickleValue& checkpoint) const override;
  PickleValue published_checkpoint(const RunConfig& run, const ExportSource& source) const override;
  std::string export_files(const RunConfig& run, const ExportSource& source, ExportFolder& folder) const override;
  NamedTensors replay(const RunConfig& run, const ReplayRequest& request, const NamedTensors& batch) const override;
  std::unique_ptr<RecipeConfig> for_one_person() const override;
  NamedTensors personal_state(const RunConfig& run, const NamedTensors& weights, const DataSet& person) const override;
  std::unique_ptr<Reenactor> make_reenactor(const RunConfig& run, const InferenceSource& source) const override;

  LatentPoseStage stage = LatentPoseStage::kMeta;
  LatentPoseModelConfig model;
  Precision precision = Precision::kFloat32;
  LatentPoseDataConfig data;
  LatentPoseLossConfig losses;
  double discriminator_learning_rate = 2e-4;
  double average_decay = 0.999;
  std::string perceptual_weights_file;
  std::string face_weights_file;
};

}  // namespace understudy
