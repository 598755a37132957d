#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "data_pipeline/packer/clip_input.h"
#include "data_pipeline/shard_writer.h"

namespace understudy {

/// What became of a planned shard.
struct PackedShard {
  std::optional<ShardReceipt> receipt;  ///< none when every clip was rejected
  std::vector<Rejection> rejections;
};

/// Writes the file that says the shard is whole; durable, or not there. @throws FileError
void write_packed_shard(const std::filesystem::path& path, const PackedShard& shard);

/// Nothing when the file is missing or damaged, or a file of the shard in `folder` has not the size that it states: the
/// shard is then packed again.
std::optional<PackedShard> read_packed_shard(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace understudy
