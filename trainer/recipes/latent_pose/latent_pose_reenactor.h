#pragma once

#include "checkpoints/named_tensors.h"
#include "models/latent_pose/embedder.h"
#include "models/latent_pose/generator.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"
#include "trainer/reenactor.h"

namespace understudy {

/// Draws a person, given by pictures or tuned to, with the pose of each driving frame (drive.py): the foreground on
/// black and its mask. Uses the running averages of the weights where there are any, as the published code always does.
class LatentPoseReenactor final : public Reenactor {
 public:
  /// @param weights  embedder and generator, or their averages; a generator tuned to a person holds its identity
  /// @throws CheckpointError  naming what is missing
  LatentPoseReenactor(const LatentPoseRecipeConfig& config, const NamedTensors& weights);

  std::int64_t picture_size() const override { return config_.model.image_size; }
  std::int64_t sources_wanted() const override;
  bool draws_foreground() const override { return true; }
  void set_sources(std::span<const Picture> sources) override;
  /// The system has no relative motion: `mode` must be the default.
  AnimatedFrames render(std::span<const Picture> driving, const ReenactMode& mode) const override;

 private:
  LatentPoseRecipeConfig config_;
  std::shared_ptr<Embedder> embedder_;
  std::shared_ptr<LatentPoseGenerator> generator_;
  at::Tensor identity_;  ///< [1, d] of the sources; undefined where the generator holds it
};

}  // namespace understudy
