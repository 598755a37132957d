#pragma once

#include <cstdint>

#include "data_pipeline/packer/clip_frames.h"
#include "data_pipeline/packer/clip_input.h"

namespace understudy {

class DataSet;
struct FrameTables;

/// A clip of a set that exists, as annotations are fitted to it.
struct StoredClip {
  std::uint32_t row = 0;  ///< of the index
  ListedClip listed;      ///< without split and source
  ClipFrames frames;      ///< without the names of frames, which a set does not keep
};

/// Which frames of the packer's input were stored and how they lay in it. Where the shard does not say, as in a set
/// that was drawn, the stored frames count as the input.
/// @throws DataError  when the tables contradict each other. @param what  names the clip
ClipFrames stored_frames(const FrameTables& tables, std::uint64_t clip, const std::string& what);

/// A clip of a shard. @param first_row  row, in the index, of the shard's first clip
StoredClip stored_clip(const FrameTables& tables, std::uint64_t clip, std::uint64_t first_row);

/// The clip's row in a set. @throws DataError  when another clip stands there: the set has changed
std::uint32_t row_in(const DataSet& set, const StoredClip& clip);

}  // namespace understudy
