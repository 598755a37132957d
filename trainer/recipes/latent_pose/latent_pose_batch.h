#pragma once

#include <ATen/core/Tensor.h>

#include "trainer/recipe.h"

namespace understudy {

/// A micro-batch of Latent Pose Descriptors under its names (b samples of k identity frames, pictures of n x n pixels
/// in [0, 1]).
struct LatentPoseBatch {
  at::Tensor identity_frames;  ///< [b, k, 3, n, n]; k = 0 in fine-tuning
  at::Tensor pose_frame;       ///< [b, 3, n, n]: the driving frame as the pose encoder gets it, augmented
  at::Tensor target;           ///< [b, 3, n, n]: the driving frame, multiplied by its mask
  at::Tensor target_mask;      ///< [b, 1, n, n]
  at::Tensor label;            ///< int64 [b]: row of the discriminator's matrix
  at::Tensor pose_dropout;     ///< [b, features of the pose encoder]: factors 0 or 1 / (1 - p)

  std::int64_t samples() const { return pose_frame.size(0); }
};

/// The order of a LatentPoseBatch's members in a recipe's Sample, and back.
Sample to_sample(const LatentPoseBatch& batch);
LatentPoseBatch latent_pose_batch(const Sample& sample);

}  // namespace understudy
