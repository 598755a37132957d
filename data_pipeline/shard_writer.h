#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data_pipeline/annotation_writer.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_index.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {

/// What the index says of a clip.
struct PackedClip {
  std::string identity;
  std::string video;
  std::string name;
  std::uint32_t frames = 0;
  std::uint32_t usable = 0;
  int width = 0;
  int height = 0;
  std::uint32_t content_crc = 0;
};

/// All that index and manifest need to know of a shard that is whole.
struct ShardReceipt {
  ShardEntry shard;
  std::vector<AnnotationEntry> annotations;
  std::vector<PackedClip> clips;
};

/// Writes one frame shard and the annotation shards beside it. Knows nothing of other shards, so that workers of a
/// packer share nothing. Same clips and options: same bytes.
class ShardWriter {
 public:
  ShardWriter(std::filesystem::path folder, std::uint32_t number, const SetOptions& options);

  /// Clips come sorted by (identity, name). @throws DataError  naming the clip (`require_clip`). @throws FileError
  void add(const ClipRecord& clip);
  std::uint64_t payload_bytes() const { return frames_.payload_bytes(); }
  /// Publishes the files under their names; the caller syncs the folder. At least one clip was added.
  ShardReceipt close();

 private:
  std::filesystem::path folder_;
  std::uint32_t number_;
  const SetOptions& options_;
  FrameShardWriter frames_;
  AnnotationCollector annotations_;
};

/// What is known of a shard from its file; annotations are left out. @throws DataError
ShardReceipt receipt_of_shard(const std::filesystem::path& folder, const ShardEntry& shard);

SetIndex index_of(std::span<const ShardReceipt> shards);

/// Writes index and manifest of shards that are whole, in order of their numbers; the manifest comes last, and with it
/// the set. @throws DataError  when there is no clip. @throws FileError
void publish_set(const std::filesystem::path& folder,
                 std::span<const ShardReceipt> shards,
                 const SetOptions& options,
                 std::span<const FileEntry> records = {});

}  // namespace understudy
