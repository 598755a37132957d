#include "data_pipeline/annotate/shard_annotation.h"

#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"
#include "data_pipeline/annotation_writer.h"
#include "data_pipeline/clip_check.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/prefetcher.h"
#include "data_pipeline/set_verifier.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

using AnnotatedClip = std::variant<ClipAnnotations, Rejection>;

std::size_t frames_of(const FrameTables& tables, std::uint64_t clip) {
  return tables.first_frame[clip + 1] - tables.first_frame[clip];
}

AnnotatedClip annotate_clip(const SetAnnotator& annotator,
                            const FrameTables& tables,
                            std::uint64_t clip,
                            std::uint64_t first_row) {
  const StoredClip stored = stored_clip(tables, clip, first_row);
  try {
    ClipAnnotations annotations = annotator.annotate(stored);
    require_annotation_counts(annotations, frames_of(tables, clip), stored.listed.name);
    return annotations;
  } catch (const ClipRejected& rejected) {
    return Rejection{stored.listed.name, rejected.reason, rejected.what()};
  }
}

SetOptions options_of(const AnnotateRequest& request) {
  SetOptions options;
  options.landmark_reference_size = request.landmark_size;
  options.mask_codec = request.mask_codec;
  options.annotation_tool = request.tool;
  return options;
}

void require_readable(const fs::path& folder, const AnnotationEntry& entry, const AnnotationPartner& partner) {
  const auto problems = verify_annotation(folder, entry, partner);
  if (problems.empty()) return;
  throw FileError(fmt::format("{}: does not read back as it was written; look at the disk\n  {}",
                              (folder / entry.file.file).string(),
                              fmt::join(problems, "\n  ")));
}

}  // namespace

std::optional<PackedShard> annotate_shard(const ShardToAnnotate& shard,
                                          const AnnotateRequest& request,
                                          const SetAnnotator& annotator,
                                          const PackWatch& watch,
                                          PackCounts& counts) {
  require_structure(shard.folder, shard.entry.file);
  const FrameShard frames(shard.folder / shard.entry.file.file, shard.entry.number);
  const FrameTables& tables = frames.tables();
  const auto make = [&](std::uint64_t i) {
    return i < tables.clips() ? annotate_clip(annotator, tables, i, shard.first_row) : AnnotatedClip();  // past the end
  };
  Prefetcher<AnnotatedClip> clips(make, 0, request.threads, request.threads + 1);
  AnnotationCollector collector;
  PackedShard done;
  for (std::uint64_t i = 0; i < tables.clips(); ++i) {
    if (watch.stop && watch.stop()) return std::nullopt;
    AnnotatedClip clip = clips.next();
    const std::size_t count = frames_of(tables, i);
    if (auto* rejection = std::get_if<Rejection>(&clip)) {
      collector.add({}, count);
      done.rejections.push_back(std::move(*rejection));
      ++counts.rejected;
    } else {
      collector.add(std::get<ClipAnnotations>(clip), count);
      ++counts.packed;
      counts.frames += count;
    }
    if (watch.progress) watch.progress(counts);
  }
  const AnnotationPartner partner{shard.entry.number, shard.entry.file.sha256, &tables};
  done.receipt =
      ShardReceipt{shard.entry, collector.write(shard.scratch, partner, options_of(request), shard.generation), {}};
  for (const AnnotationEntry& entry : done.receipt->annotations) {
    require_readable(shard.scratch, entry, partner);
    fs::rename(shard.scratch / entry.file.file, shard.folder / entry.file.file);
  }
  return done;
}

}  // namespace understudy
