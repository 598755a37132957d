#include "data_pipeline/packer/set_result.h"

#include <utility>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/packer/record_line.h"
#include "data_pipeline/set_format.h"

namespace understudy {
namespace {

void count(const ShardEntry& shard, PackCounts& counts) {
  counts.packed += shard.clips;
  counts.frames += shard.frames;
  for (const ByteRange& range : shard.file.payload) counts.bytes += range.bytes;
}

void require_size(const std::filesystem::path& folder, const FileEntry& entry) {
  if (size_problem(folder, entry).empty()) return;
  throw DataError(fmt::format(
      "{0}: is missing or not of the size that the manifest says; `understudy shard verify {1}` tells what is wrong, "
      "`understudy shard repair {1}` packs it once more from the same input",
      (folder / entry.file).string(),
      folder.string()));
}

void require_sizes(const std::filesystem::path& folder, const SetManifest& manifest) {
  require_size(folder, manifest.index);
  for (const ShardEntry& shard : manifest.shards) require_size(folder, shard.file);
  for (const AnnotationEntry& annotation : manifest.annotations) require_size(folder, annotation.file);
  for (const FileEntry& record : manifest.records) require_size(folder, record);
}

}  // namespace

void SetResult::add(PackedShard shard) {
  for (Rejection& rejection : shard.rejections) rejections.push_back(std::move(rejection));
  if (!shard.receipt) return;
  count(shard.receipt->shard, counts);
  receipts.push_back(std::move(*shard.receipt));
}

void SetResult::add(const SetResult& set) {
  counts.packed += set.counts.packed;
  counts.frames += set.counts.frames;
  counts.bytes += set.counts.bytes;
  rejections.insert(rejections.end(), set.rejections.begin(), set.rejections.end());
}

SetResult read_finished_set(const std::filesystem::path& folder) {
  const SetManifest manifest = read_set_manifest(folder / kSetManifestName);
  require_sizes(folder, manifest);
  SetResult result;
  for (const ShardEntry& shard : manifest.shards) count(shard, result.counts);
  result.rejections = read_rejected_table(read_file(folder / kRejectedName));
  return result;
}

}  // namespace understudy
