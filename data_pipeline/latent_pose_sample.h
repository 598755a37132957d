#pragma once

#include <span>

#include "data_pipeline/latent_pose_crop.h"
#include "data_pipeline/latent_pose_draws.h"
#include "data_pipeline/mask.h"
#include "data_pipeline/picture.h"

namespace understudy {

/// Where the pictures of one sample go: planar, [0, 1], K identity frames, side n. What is null is not made.
struct LatentPosePictures {
  float* identity_frames = nullptr;  ///< [K, 3, n, n] neither augmented nor shifted
  float* pose_frame = nullptr;       ///< [3, n, n] driving frame, augmented and shifted
  float* target = nullptr;           ///< [3, n, n] driving frame times its mask, shifted
  float* target_mask = nullptr;      ///< [1, n, n] its mask, shifted
};

/// What the pictures of one sample are made from.
struct LatentPoseFrames {
  std::span<const Picture> frames;     ///< K identity frames, then the driving frame
  const Mask* driving_mask = nullptr;  ///< needed for target and target mask
  std::span<const FaceBox> boxes;      ///< one a frame; empty when frames are cut already
};

/// Renders straight into the caller's memory. Safe on any thread; scratch memory is kept per thread. A pure function of
/// its arguments; draws as they are by default leave all pictures as they are cut.
/// @throws DataError  for no frame, a missing mask, or one of another size than its frame
void render_pictures(const LatentPoseFrames& input,
                     const LatentPoseDraws& draws,
                     bool official_border,
                     int size,
                     const LatentPosePictures& out);

}  // namespace understudy
