#pragma once

#include <filesystem>

#include "data_pipeline/annotation_rows.h"
#include "data_pipeline/packer/clip_frames.h"
#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// Boxes around the face of a clip's packed frames, from one file a clip: .npy [frames of the source, 4], or .csv with
/// the columns frame (its place in the source, from 0), left, top, right and bottom, at most one row a frame. Values
/// are pixels of the decoded frame, right and bottom outside; the result is in pixels of the packed frame, also where a
/// box reaches beyond it. Frames without a row, with a value that is not finite or with a box of no area are unknown.
/// @return  kind box
/// @throws ClipRejected  annotation: no file, a damaged one, or rows for other frames than the source has
AnnotationRows read_box_file(const std::filesystem::path& folder, const ListedClip& clip, const ClipFrames& frames);

}  // namespace understudy
