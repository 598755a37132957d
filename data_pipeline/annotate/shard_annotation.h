#pragma once

#include <filesystem>
#include <optional>

#include "data_pipeline/annotate/annotate_request.h"
#include "data_pipeline/annotate/set_annotator.h"
#include "data_pipeline/packer/shard_packing.h"

namespace understudy {

/// A frame shard whose clips are annotated.
struct ShardToAnnotate {
  std::filesystem::path folder;   ///< of the set
  std::filesystem::path scratch;  ///< where the new file is written until it has been read back
  ShardEntry entry;
  std::uint64_t first_row = 0;  ///< of the index
  int generation = 1;           ///< of the new file's name
};

/// Annotates the clips of one shard, writes the file, reads it back as a run would, and moves it into the set's folder.
/// Threads change no byte.
/// @param counts  added to
/// @return  the receipt lists no clips and of the annotations the new ones alone; rejections name clips, not sources.
/// Nothing when asked to stop
/// @throws DataError  when the frame shard is damaged. @throws FileError
std::optional<PackedShard> annotate_shard(const ShardToAnnotate& shard,
                                          const AnnotateRequest& request,
                                          const SetAnnotator& annotator,
                                          const PackWatch& watch,
                                          PackCounts& counts);

}  // namespace understudy
