#include "data_pipeline/open_shard.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/set_format.h"

namespace understudy {

void OpenShard::add(AnnotationKind kind, const std::filesystem::path& path, const AnnotationPartner& partner) {
  if (kind == AnnotationKind::kMask) {
    masks.emplace(path, partner);
  } else if (kind == AnnotationKind::kSynthetic) {
    truth.emplace(path, partner);
  } else {
    rows.emplace_back(kind, path, partner);
  }
}

const RowShard* OpenShard::find(AnnotationKind kind) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [kind](const RowShard& r) { return r.kind() == kind; });
  return found == rows.end() ? nullptr : &*found;
}

const PlainFile* OpenShard::annotation_file(AnnotationKind kind) const {
  if (kind == AnnotationKind::kMask) return masks ? &masks->file() : nullptr;
  const RowShard* shard = find(kind);
  return shard == nullptr ? nullptr : &shard->file();
}

bool OpenShard::usable(std::uint64_t frame, const SetRequirements& requirements) const {
  return (frames.tables().flags[frame] & kFlagUsable) != 0 &&
         (!requirements.landmarks || (landmarks() != nullptr && landmarks()->valid(frame))) &&
         (!requirements.masks || (masks && masks->valid(frame)));
}

OpenShard open_shard(const std::filesystem::path& folder, const ShardEntry& entry, const ReadOptions& reading) {
  require_structure(folder, entry.file);
  OpenShard shard{FrameShard(folder / entry.file.file, entry.number, reading), {}, {}, {}};
  const FrameTables& tables = shard.frames.tables();
  if (tables.clips() != entry.clips || tables.frames() != entry.frames) {
    throw DataError(fmt::format(
        "{}: holds {} clips and {} frames where the manifest says {} and {}; the files of the set were mixed up",
        (folder / entry.file.file).string(),
        tables.clips(),
        tables.frames(),
        entry.clips,
        entry.frames));
  }
  return shard;
}

}  // namespace understudy
