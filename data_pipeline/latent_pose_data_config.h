#pragma once

namespace understudy {

class ConfigVisitor;

/// How samples of latent pose descriptors are cut and augmented. The defaults are those of the published training.
struct LatentPoseDataConfig {
  bool official_border = true;     ///< trim, pad, blur and resample frames as the published loader does
  bool use_pixelwise_augs = true;  ///< up to five of eleven changes of the pose source's pixels
  bool use_affine_scale = true;    ///< scale half of the pose sources by 0.8 to 1.2 along each axis
  bool use_affine_shift = true;    ///< shift pose source, target and mask of half of the samples by up to 5 %
};

/// The keys alone, for a section [data] that several structs share.
void describe_keys(ConfigVisitor& visitor, LatentPoseDataConfig& config);
void describe(ConfigVisitor& visitor, LatentPoseDataConfig& config);

}  // namespace understudy
