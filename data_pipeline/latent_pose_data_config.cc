#include "data_pipeline/latent_pose_data_config.h"

#include "common/config.h"

namespace understudy {

void describe_keys(ConfigVisitor& visitor, LatentPoseDataConfig& config) {
  constexpr KeyKind kMethod = KeyKind::kMethod;
  visitor.flag({"official_border", kMethod, "trim a pixel, pad, blur and resample frames as the published loader does"},
               config.official_border);
  visitor.flag({"use_pixelwise_augs", kMethod, "up to five of eleven changes of the pose source's pixels"},
               config.use_pixelwise_augs);
  visitor.flag({"use_affine_scale", kMethod, "scale half of the pose sources by 0.8 to 1.2 along each axis"},
               config.use_affine_scale);
  visitor.flag({"use_affine_shift", kMethod, "shift pose source, target and mask of half of the samples by up to 5 %"},
               config.use_affine_shift);
}

void describe(ConfigVisitor& visitor, LatentPoseDataConfig& config) {
  visitor.section("data", "How frames are cut and the pose source is augmented.");
  describe_keys(visitor, config);
}

}  // namespace understudy
