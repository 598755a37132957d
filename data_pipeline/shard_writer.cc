#include "data_pipeline/shard_writer.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"
#include "common/version.h"
#include "data_pipeline/clip_check.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/set_index.h"
#include "data_pipeline/set_writer.h"

namespace understudy {
namespace {

constexpr std::array<std::string_view, 1> kFramePayload{"/frame/bytes"};

std::vector<PackedClip> packed_clips(const FrameTables& tables) {
  std::vector<PackedClip> clips;
  for (std::uint64_t i = 0; i < tables.clips(); ++i) {
    clips.push_back({tables.clip_identity[i],
                     tables.clip_video[i],
                     tables.clip_name[i],
                     static_cast<std::uint32_t>(tables.first_frame[i + 1] - tables.first_frame[i]),
                     tables.usable_frames(i),
                     tables.clip_size[2 * i],
                     tables.clip_size[2 * i + 1],
                     tables.content_crc(i)});
  }
  return clips;
}

FileEntry publish_index(const std::filesystem::path& folder, const SetIndex& index) {
  const std::filesystem::path partial = folder / partial_name(kIndexName);
  write_index(partial, index);
  return measure_file(publish_file(partial, folder / kIndexName));
}

SetManifest manifest_of(const SetIndex& index, std::span<const ShardReceipt> shards, const SetOptions& options) {
  SetManifest manifest;
  manifest.fingerprint = index.fingerprint();
  manifest.source = options.source;
  manifest.packer = fmt::format("understudy {}", version());
  manifest.packer_config_sha256 = sha256_hex(options.packer_config);
  manifest.identities = index.identities.size();
  manifest.videos = index.videos.size();
  manifest.clips = index.clips.size();
  for (const ShardReceipt& shard : shards) {
    manifest.frames += shard.shard.frames;
    manifest.shards.push_back(shard.shard);
    manifest.annotations.insert(manifest.annotations.end(), shard.annotations.begin(), shard.annotations.end());
  }
  return manifest;
}

}  // namespace

ShardWriter::ShardWriter(std::filesystem::path folder, std::uint32_t number, const SetOptions& options)
    : folder_(std::move(folder)), number_(number), options_(options), frames_(folder_, number, options) {}

void ShardWriter::add(const ClipRecord& clip) {
  require_clip(clip);
  frames_.add(clip);
  annotations_.add(clip.annotations, clip.frames.size());
}

ShardReceipt ShardWriter::close() {
  ShardReceipt receipt;
  const FrameTables& tables = frames_.tables();
  receipt.shard = {number_, measure_file(frames_.close(), kFramePayload), tables.clips(), tables.frames()};
  receipt.annotations = annotations_.write(folder_, {number_, receipt.shard.file.sha256, &tables}, options_);
  receipt.clips = packed_clips(tables);
  return receipt;
}

SetIndex index_of(std::span<const ShardReceipt> shards) {
  SetIndex index;
  for (const ShardReceipt& shard : shards) {
    std::uint32_t in_shard = 0;
    for (const PackedClip& clip : shard.clips) {
      index.append(clip.identity,
                   clip.video,
                   {clip.name, 0, 0, clip.frames, clip.width, clip.height},
                   {shard.shard.number, in_shard++, clip.usable, clip.content_crc});
    }
  }
  return index;
}

ShardReceipt receipt_of_shard(const std::filesystem::path& folder, const ShardEntry& shard) {
  return {shard, {}, packed_clips(FrameShard(folder / shard.file.file, shard.number).tables())};
}

void publish_set(const std::filesystem::path& folder,
                 std::span<const ShardReceipt> shards,
                 const SetOptions& options,
                 std::span<const FileEntry> records) {
  const SetIndex index = index_of(shards);
  if (index.clips.empty()) {
    throw DataError(fmt::format("{}: no clip was added, so there is no set to write", folder.string()));
  }
  SetManifest manifest = manifest_of(index, shards, options);
  manifest.index = publish_index(folder, index);
  manifest.records.assign(records.begin(), records.end());
  system_files().sync_folder(folder);  // every name that the manifest lists is durable before the manifest is
  write_set_manifest(folder / kSetManifestName, manifest);
}

}  // namespace understudy
