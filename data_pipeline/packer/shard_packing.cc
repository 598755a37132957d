#include "data_pipeline/packer/shard_packing.h"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/clip_check.h"
#include "data_pipeline/prefetcher.h"
#include "data_pipeline/set_verifier.h"

namespace understudy {
namespace {

using ReadClip = std::variant<ClipRecord, Rejection>;

/// What the format cannot hold (a name that is too long, say) is a rejection too: nothing in the input ends the work.
ReadClip read_clip(const ClipInput& input, const ListedClip& clip) {
  ReadClip read = input.read(clip);
  try {
    if (const auto* record = std::get_if<ClipRecord>(&read)) require_clip(*record);
  } catch (const DataError& error) {
    return Rejection{clip.source, RejectionReason::kUnreadable, error.what()};
  }
  return read;
}

void count(const ClipRecord& clip, PackCounts& counts) {
  ++counts.packed;
  counts.frames += clip.frames.size();
  for (const auto& frame : clip.frames) counts.bytes += frame.size();
}

void require_intact(const std::filesystem::path& folder, const ShardReceipt& receipt, std::size_t threads) {
  const auto problems =
      verify_shard(folder, receipt.shard, receipt.annotations, static_cast<int>(threads), /*decode=*/true);
  if (problems.empty()) return;
  throw FileError(fmt::format("{}: does not read back as it was written; look at the disk\n  {}",
                              (folder / receipt.shard.file.file).string(),
                              fmt::join(problems, "\n  ")));
}

}  // namespace

std::optional<PackedShard> pack_shard(const ClipInput& input,
                                      const PlannedShard& shard,
                                      const std::filesystem::path& folder,
                                      const SetOptions& options,
                                      std::size_t threads,
                                      const PackWatch& watch,
                                      PackCounts& counts) {
  const auto read = [&](std::uint64_t i) {
    return i < shard.clips.size() ? read_clip(input, shard.clips[i]) : ReadClip();  // asked for ahead, past the end
  };
  Prefetcher<ReadClip> clips(read, 0, threads, threads + 1);
  std::optional<ShardWriter> writer;
  PackedShard packed;
  for (std::size_t i = 0; i < shard.clips.size(); ++i) {
    if (watch.stop && watch.stop()) return std::nullopt;
    ReadClip clip = clips.next();
    if (auto* rejection = std::get_if<Rejection>(&clip)) {
      packed.rejections.push_back(std::move(*rejection));
      ++counts.rejected;
    } else {
      if (!writer) writer.emplace(folder, shard.number, options);
      writer->add(std::get<ClipRecord>(clip));
      count(std::get<ClipRecord>(clip), counts);
    }
    if (watch.progress) watch.progress(counts);
  }
  if (!writer) return packed;
  packed.receipt = writer->close();
  require_intact(folder, *packed.receipt, threads);
  return packed;
}

}  // namespace understudy
