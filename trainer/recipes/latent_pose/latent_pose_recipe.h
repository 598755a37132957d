#pragma once

#include <optional>

#include "data_pipeline/latent_pose_draws.h"
#include "trainer/recipe.h"
#include "trainer/recipes/latent_pose/latent_pose_step.h"
#include "trainer/running_average.h"

namespace understudy {

/// Latent Pose Descriptors (Burkov et al. 2020). Players: the generator, in meta-learning with the embedder, and the
/// discriminator.
class LatentPoseRecipe final : public Recipe {
 public:
  LatentPoseRecipe(const LatentPoseRecipeConfig& config,
                   const RunConfig& run,
                   LatentPoseNetworks networks,
                   LatentPosePerceptual perceptual);

  EpisodeSpec episode() const override;
  void move_to(at::Device device) override;
  Sample prepare(const EpisodeFrames& frames, const SampleUse& use) const override;
  nlohmann::ordered_json describe_draws(const EpisodeFrames& frames, const SampleUse& use) const override;
  std::vector<Player> players() override;
  void begin_iteration(Iteration iteration) override;
  std::vector<Objective> objectives(const MicroBatch& batch, const CoupledGroup& group) override;
  void apply_statistics(std::span<const at::Tensor> means) override;
  void after_step(Iteration iteration) override;
  /// An average that the weights do not have whole begins again as a copy of its network.
  void weights_taken(const TransferReport& report) override;
  std::vector<std::string> validation_metrics() const override;
  std::vector<std::vector<double>> validate(const MicroBatch& batch) override;
  std::vector<std::pair<std::string, at::Tensor>> batch_tensors(const MicroBatch& batch) const override;
  std::vector<Picture> input_pictures(const MicroBatch& batch) const override;
  std::vector<Picture> sample_pictures(const MicroBatch& batch) override;
  std::vector<std::pair<std::string, at::Tensor>> state() override;

  const LatentPoseStep& step() const { return step_; }

 private:
  LatentPoseDraws draw(const EpisodeFrames& frames, const SampleUse& use) const;
  std::int64_t label(const EpisodeFrames& frames, const SampleUse& use) const;
  at::Tensor draw_dropout(std::uint64_t sample) const;

  LatentPoseRecipeConfig config_;
  RunConfig run_;
  LatentPoseNetworks networks_;
  LatentPosePerceptual perceptual_;
  LatentPoseStep step_;
  RunningAverage embedder_average_;
  RunningAverage generator_average_;
};

std::unique_ptr<Recipe> make_latent_pose_recipe(const LatentPoseRecipeConfig& config, const RunConfig& run);

}  // namespace understudy
