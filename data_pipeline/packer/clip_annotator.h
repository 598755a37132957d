#pragma once

#include "data_pipeline/packer/clip_frames.h"
#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// Gives a clip what is known of its frames beside the pixels. Const and safe on any number of threads.
class ClipAnnotator {
 public:
  virtual ~ClipAnnotator() = default;
  /// Every list of the result is empty or has one entry for each of `frames.source_index`.
  /// @throws ClipRejected  when something is missing or does not fit the frames
  virtual ClipAnnotations read(const ListedClip& clip, const ClipFrames& frames) const = 0;
};

}  // namespace understudy
