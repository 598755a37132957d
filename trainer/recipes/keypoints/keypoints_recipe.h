#pragma once

#include <memory>

#include "data_pipeline/colour_jitter.h"
#include "models/fsrt/keypoint_detector.h"
#include "trainer/recipes/keypoints/detector_coordinates.h"
#include "trainer/recipes/keypoints/keypoints_recipe_config.h"

namespace understudy {

/// Trains FSRT's keypoint detector without the published one: distance to ten points derived from the landmarks, and
/// equivariance under a random affine map (the idea of FOMM's equivariance loss). Its checkpoints serve recipe fsrt as
/// detector.weights.
class KeypointsRecipe final : public Recipe {
 public:
  KeypointsRecipe(const KeypointsRecipeConfig& config, const RunConfig& run);

  EpisodeSpec episode() const override;
  void move_to(at::Device device) override;
  Sample prepare(const EpisodeFrames& frames, const SampleUse& use) const override;
  nlohmann::ordered_json describe_draws(const EpisodeFrames& frames, const SampleUse& use) const override;
  std::vector<Player> players() override;
  std::vector<Objective> objectives(const MicroBatch& batch, const CoupledGroup& group) override;
  void apply_statistics(std::span<const at::Tensor> means) override;
  std::vector<std::string> validation_metrics() const override;
  std::vector<std::vector<double>> validate(const MicroBatch& batch) override;
  std::vector<std::pair<std::string, at::Tensor>> batch_tensors(const MicroBatch& batch) const override;
  /// The picture with the points that are to be found.
  std::vector<Picture> input_pictures(const MicroBatch& batch) const override;
  std::vector<Picture> sample_pictures(const MicroBatch& batch) override;
  std::vector<std::pair<std::string, at::Tensor>> state() override;

 private:
  ColourJitter draw_jitter(std::uint64_t sample) const;
  at::Tensor draw_transform(std::uint64_t sample) const;
  /// @param points  [10, 2] in detector units
  void mark_points(Picture& picture, const at::Tensor& points, const std::array<std::uint8_t, 3>& colour) const;
  Objective::Result compute(const MicroBatch& batch);

  KeypointsRecipeConfig config_;
  RunConfig run_;
  DetectorCoordinates coordinates_;
  std::shared_ptr<KeypointDetector> detector_;
};

std::unique_ptr<Recipe> make_keypoints_recipe(const KeypointsRecipeConfig& config, const RunConfig& run);

}  // namespace understudy
