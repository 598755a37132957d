#pragma once

#include <memory>
#include <string>

#include "data_pipeline/packer/frame_stream.h"
#include "data_pipeline/packer/hdf5_input.h"
#include "data_pipeline/packer/hdf5_mapping.h"

namespace understudy {

/// How a table holds frames.
struct FrameTable {
  enum class Storage : std::uint8_t { kInterleaved, kPlanar, kFiles };  ///< [N,H,W,3], [N,3,H,W], N JPEG or PNG files
  Storage storage = Storage::kFiles;
  bool floats = false;  ///< in [0, 1] instead of bytes
  std::uint64_t frames = 0;
  int width = 0;  ///< 0: known to the files only
  int height = 0;
};

/// @throws DataError  saying what it is instead
FrameTable require_frame_table(const Hdf5Input& file, const std::string& table);

/// Rows [first, first + count) of a table of frames.
struct FrameRows {
  std::string table;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// @throws DataError  when the rows are not there
std::unique_ptr<FrameStream> open_hdf5_stream(std::shared_ptr<const Hdf5Input> file,
                                              const FrameRows& rows,
                                              ChannelOrder channels);

}  // namespace understudy
