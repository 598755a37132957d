#pragma once

#include <array>
#include <filesystem>

#include "data_pipeline/annotation_rows.h"
#include "data_pipeline/packer/clip_frames.h"
#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// Facial action units whose presence OpenFace 2 tells (AUxx_c), in the order of `/frame/au_present`: ascending.
inline constexpr std::array<int, 18> kPresenceUnits{1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 28, 45};
/// Those whose intensity from 0 to 5 it tells too (AUxx_r), in the order of `/frame/au_intensity`: all but 28.
inline constexpr std::array<int, 17> kIntensityUnits{1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45};

/// Head pose and action units of a clip's packed frames, from the .csv that OpenFace's FeatureExtraction wrote for all
/// of its frames: columns frame (from 1), confidence, success, pose_Rx, pose_Ry, pose_Rz (radians: pitch, yaw, roll),
/// AUxx_r and AUxx_c; others are skipped. Of several faces in a frame, that of the largest confidence counts, the
/// earlier of equal ones. Frames without a row, with success = 0 or with a value that is not finite are unknown.
/// @return  kind pose_au
/// @throws ClipRejected  annotation: no file, a damaged one, or rows for frames beyond the source's
AnnotationRows read_openface_file(const std::filesystem::path& folder,
                                  const ListedClip& clip,
                                  const ClipFrames& frames);

}  // namespace understudy
