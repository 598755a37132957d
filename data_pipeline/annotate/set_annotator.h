#pragma once

#include "data_pipeline/annotate/stored_clip.h"
#include "data_pipeline/set_writer.h"

namespace understudy {

/// Gives the clips of a set that exists annotations of one kind. Const and safe on any number of threads.
class SetAnnotator {
 public:
  virtual ~SetAnnotator() = default;
  /// A pure function of the clip: one entry for each of its frames. @throws ClipRejected  when there is nothing for it
  virtual ClipAnnotations annotate(const StoredClip& clip) const = 0;
};

}  // namespace understudy
