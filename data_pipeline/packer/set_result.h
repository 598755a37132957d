#pragma once

#include <filesystem>
#include <vector>

#include "data_pipeline/packer/shard_packing.h"

namespace understudy {

/// What became of the clips of one set.
struct SetResult {
  PackCounts counts;                   ///< rejected clips are not counted here
  std::vector<ShardReceipt> receipts;  ///< empty when every clip was rejected, and for a set that is there
  std::vector<Rejection> rejections;

  /// Adds what became of a shard.
  void add(PackedShard shard);
  /// Adds counts and rejections of another set.
  void add(const SetResult& set);
};

/// Of a set that is there: what its manifest and rejected.tsv say, since annotations may have been added or replaced.
/// @throws DataError  when a file is not of the size that the manifest says, with how to look and repair
SetResult read_finished_set(const std::filesystem::path& folder);

}  // namespace understudy
