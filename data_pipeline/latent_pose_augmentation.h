#pragma once

#include "data_pipeline/latent_pose_draws.h"
#include "data_pipeline/picture.h"

namespace understudy {

/// Applies one operator to a picture in place, with the arithmetic of imgaug 0.4.0 on 8-bit RGB; safe on any thread.
/// Noise comes from streams of its own, keyed by the draws' seed and sample.
void apply_pose_operator(PoseOperator which, const LatentPoseDraws& draws, Picture& picture);

/// The operators and the scale of the pose source, in place. @pre at least two pixels wide and high
void augment_pose(const LatentPoseDraws& draws, Picture& picture);

/// The shift that pose source and target share, if there is one: bilinear, mirrored border.
void shift_picture(const LatentPoseDraws& draws, Picture& picture);

/// Quality that stands for a compression of imgaug's 0 ... 100.
int jpeg_quality(int compression);

}  // namespace understudy
