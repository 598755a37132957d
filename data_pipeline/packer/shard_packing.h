#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "data_pipeline/packer/clip_input.h"
#include "data_pipeline/packer/pack_plan.h"
#include "data_pipeline/packer/shard_receipt_file.h"

namespace understudy {

/// What a worker has done so far.
struct PackCounts {
  std::uint64_t packed = 0;    ///< clips
  std::uint64_t rejected = 0;  ///< clips
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;  ///< of JPEG
};

/// How a caller follows the work and ends it.
struct PackWatch {
  std::function<void(const PackCounts&)> progress;  ///< after each clip, from the thread that called; may be empty
  std::function<bool()> stop;                       ///< asked before each clip; may be empty
};

/// Packs the clips of one planned shard and reads back what was written, as a run would. Threads change no byte.
/// @param counts  added to
/// @return  nothing when asked to stop. @throws FileError  what is wrong with a clip is a rejection
std::optional<PackedShard> pack_shard(const ClipInput& input,
                                      const PlannedShard& shard,
                                      const std::filesystem::path& folder,
                                      const SetOptions& options,
                                      std::size_t threads,
                                      const PackWatch& watch,
                                      PackCounts& counts);

}  // namespace understudy
