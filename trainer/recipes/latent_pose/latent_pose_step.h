#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "trainer/recipes/latent_pose/latent_pose_batch.h"
#include "trainer/recipes/latent_pose/latent_pose_networks.h"

namespace understudy {

/// What one forward pass computed, b samples of k identity frames.
struct LatentPosePass {
  at::Tensor frame_identities;            ///< [b, k, d]: a descriptor of each identity frame; undefined in fine-tuning
  at::Tensor identity;                    ///< [b, d]
  at::Tensor pose;                        ///< [b, p]
  LatentPosePicture picture;              ///< [b, 3, n, n] and its mask
  at::Tensor label;                       ///< [b, d]: effective rows of the discriminator's matrix, without gradient
  ProjectionJudgement fake;               ///< of the picture, with gradient to the generator
  std::vector<at::Tensor> real_features;  ///< of the target, without gradient
  std::vector<BatchStatistics> statistics;  ///< of the embedder's BatchNorm layers
};

/// Terms of the generator's loss, under their official names; `total` carries the graph.
struct LatentPoseGeneratorLoss {
  at::Tensor total;
  std::vector<Term> terms;
};

/// The discriminator's own step.
struct LatentPoseDiscriminatorLoss {
  at::Tensor total;
  at::Tensor fake_scores;  ///< [b]
  at::Tensor real_scores;  ///< [b]
};

/// One training step (train.py, runners/holycow.py, criterions/), without optimisers and without ranks. The
/// power iterations of an iteration have been done before.
class LatentPoseStep {
 public:
  LatentPoseStep(const LatentPoseRecipeConfig& config, LatentPoseNetworks networks, LatentPosePerceptual perceptual);

  /// Embedder, generator and the discriminator's view of both pictures, in training mode.
  LatentPosePass forward(const LatentPoseBatch& batch) const;
  LatentPoseGeneratorLoss generator_loss(const LatentPoseBatch& batch, const LatentPosePass& pass) const;
  LatentPoseDiscriminatorLoss discriminator_loss(const LatentPoseBatch& batch, const LatentPosePass& pass) const;

  /// The picture that the running averages draw, in evaluation mode.
  LatentPosePicture shown(const LatentPoseBatch& batch) const;

 private:
  bool meta() const { return config_.stage == LatentPoseStage::kMeta; }

  const LatentPoseRecipeConfig& config_;
  LatentPoseNetworks networks_;
  LatentPosePerceptual perceptual_;
};

}  // namespace understudy
