#pragma once

#include "data_pipeline/packer/clip_frames.h"
#include "data_pipeline/packer/frame_preparation.h"
#include "data_pipeline/packer/frame_stream.h"
#include "data_pipeline/set_writer.h"

namespace understudy {

/// Frames of a clip on their way into a set.
struct PackedFrames {
  ClipFrames frames;
  std::vector<std::vector<std::byte>> jpegs;  ///< [frames.position]
};

/// Decodes, crops, resizes and encodes; one decoded frame is held at a time. A JPEG that has its size already is kept
/// byte for byte, but decoded, since it must be whole. A stream that ends before the frames its tables promise is
/// damaged, unless only as few are missing as `may_miss` allows.
/// @throws ClipRejected  damaged, empty, too few frames, too small, frames of different sizes
PackedFrames pack_frames(FrameStream& stream, const FramePreparation& preparation);

/// True when a clip of `frames` frames may stand for one of `expected`: 2 frames or one in twenty may be missing.
/// Videos are downloaded at 24 or 23.976 frames a second for the 25 of the tables, and cutting tools differ in what
/// they count.
bool may_miss(std::uint64_t frames, std::uint64_t expected);

/// The file's rate divided by the stride. @param rate  of the frames as they come
FrameRate packed_rate(FrameRate rate, int stride);

}  // namespace understudy
