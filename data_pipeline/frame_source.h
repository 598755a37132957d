#pragma once

#include <cstdint>
#include <optional>

#include "data_pipeline/frame_rate.h"
#include "data_pipeline/picture.h"

namespace understudy {

/// What `VideoReader` reads from: a kind of input that gives frames in order.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  /// The next frame, or nothing after the last one. @throws DataError
  virtual std::optional<Picture> next() = 0;

  int width = 0;                   ///< pixels, upright
  int height = 0;                  ///< pixels, upright
  FrameRate rate;                  ///< mean over the whole input
  std::int64_t frames = 0;         ///< estimate, 0 if unknown
  std::int64_t stored_frames = 0;  ///< that the file's own tables count; 0: they do not
  bool audio = false;
};

}  // namespace understudy
