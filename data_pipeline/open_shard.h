#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "data_pipeline/annotation_shard.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_manifest.h"
#include "data_pipeline/set_requirements.h"

namespace understudy {

/// A frame shard with the annotation files that belong to it.
struct OpenShard {
  FrameShard frames;
  std::vector<RowShard> rows;  ///< one a kind
  std::optional<MaskShard> masks;
  std::optional<SyntheticShard> truth;

  /// @throws DataError
  void add(AnnotationKind kind, const std::filesystem::path& path, const AnnotationPartner& partner);
  /// Null where the shard has no rows of this kind.
  const RowShard* find(AnnotationKind kind) const;
  const RowShard* landmarks() const { return find(AnnotationKind::kLandmark68); }
  /// Null for a kind that is held in memory.
  const PlainFile* annotation_file(AnnotationKind kind) const;
  bool usable(std::uint64_t frame, const SetRequirements& requirements) const;
};

/// The frames alone. @throws DataError  also where the file is not the one that the manifest means
OpenShard open_shard(const std::filesystem::path& folder, const ShardEntry& entry, const ReadOptions& reading);

}  // namespace understudy
