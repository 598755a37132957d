#pragma once

#include <filesystem>
#include <vector>

#include "data_pipeline/landmarks.h"
#include "data_pipeline/packer/clip_frames.h"
#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// Landmarks of a clip's packed frames, from one file a clip, .npy [frames of the source, 68, 2], or from a folder with
/// one .npy [68, 2] for each frame of a frame folder, under the frame's name (annotation_paths.h says where). Values
/// are (x, y), pixel centres at whole numbers, in pixels of a square picture of `reference_size` to which the decoded
/// frame was scaled. A row of zeros, or a frame without a file, means that no face was found.
///
/// Values stay as they are, except under a crop, which they are moved with: they are then pixels of the cropped frame
/// scaled to a square of `reference_size`.
/// @return  [frames]
/// @throws ClipRejected  landmarks-missing; landmarks-unreadable; landmark-shape; landmark-count: rows for another
/// number of frames than the source has; landmark-range: a value that is not finite, or a face that lies outside the
/// reference picture by more than a quarter of it, or is smaller than a 64th of it, which is how values in another unit
/// show; no-face: zeros in all packed frames
std::vector<Landmarks68> read_landmark_files(const std::filesystem::path& folder,
                                             float reference_size,
                                             const ListedClip& clip,
                                             const ClipFrames& frames);

/// Checks landmarks of a clip's packed frames and moves them with the crop, as above; for those that lie elsewhere.
/// @param landmarks  [frames]
/// @throws ClipRejected  landmark-range; no-face
void fit_landmarks(std::vector<Landmarks68>& landmarks, float reference_size, const ClipFrames& frames);

}  // namespace understudy
