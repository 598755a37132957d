#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <variant>

#include "data_pipeline/frame_rate.h"
#include "data_pipeline/packer/clip_annotator.h"
#include "data_pipeline/packer/frame_packing.h"

namespace understudy {

/// What every kind of input does with the frames of a clip: names, source box, annotations.
/// @param rate  of the packed frames. @param annotator  may be null. @throws ClipRejected
ClipRecord make_record(const ListedClip& clip, PackedFrames packed, FrameRate rate, const ClipAnnotator* annotator);

/// A message as one line, in which files below `root` are named from there.
std::string one_line(std::string text, const std::filesystem::path& root);

/// Runs `read` and turns whatever is wrong with the clip into a rejection of one line, which is the same wherever the
/// input lies. Memory that runs out and errors of writing are no faults of the clip and go on.
std::variant<ClipRecord, Rejection> read_or_reject(const ListedClip& clip,
                                                   const std::filesystem::path& root,
                                                   const std::function<ClipRecord()>& read);

}  // namespace understudy
