#include "trainer/recipes/latent_pose/latent_pose_batch.h"

namespace understudy {

Sample to_sample(const LatentPoseBatch& b) {
  return {b.identity_frames, b.pose_frame, b.target, b.target_mask, b.label, b.pose_dropout};
}

LatentPoseBatch latent_pose_batch(const Sample& s) {
  return {s.at(0), s.at(1), s.at(2), s.at(3), s.at(4), s.at(5)};
}

}  // namespace understudy
