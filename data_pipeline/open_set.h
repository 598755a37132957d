#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data_pipeline/frame_ref.h"
#include "data_pipeline/frame_selection.h"
#include "data_pipeline/open_shard.h"
#include "data_pipeline/set_index.h"
#include "data_pipeline/set_manifest.h"
#include "data_pipeline/set_requirements.h"

namespace understudy {

/// What opening a data set finds and checks: that manifest, index and shards belong together, which frames may be
/// drawn, and the fingerprint. Behind DataSet, which reads from it.
class OpenSet {
 public:
  /// @throws DataError
  OpenSet(const std::filesystem::path& manifest_path,
          SetManifest manifest,
          const SetRequirements& requirements,
          const ReadOptions& reading);

  /// Leaves only these frames to be drawn. @throws DataError  when the set does not show the person
  void select(const FrameSelection& selection);

  const OpenShard& shard_of(std::uint32_t clip) const { return shards[shard_place_[clip]]; }

  /// Where a frame's row lies in its shard's tables.
  struct Row {
    const OpenShard* shard;
    std::uint64_t frame;
  };
  /// @throws DataError  when there is no such frame
  Row row(FrameRef ref) const;

  /// @throws DataError  when annotations of a kind are wanted and not found
  void require_kind(bool wanted, bool found, AnnotationKind kind) const;

  std::filesystem::path folder;
  SetManifest manifest;
  SetRequirements requirements;
  SetIndex index;
  std::vector<OpenShard> shards;
  std::vector<std::vector<std::uint32_t>> usable;  ///< [clips]: ascending numbers of frames
  std::string fingerprint;  ///< the set's, extended by every annotation and selection that the run depends on
  float landmark_reference_size = 0.0F;

 private:
  std::uint64_t first_row(std::uint32_t clip) const;
  void open_shards(const ReadOptions& reading);
  [[noreturn]] void fail_clip(std::uint32_t clip) const;
  void require_clip(std::uint32_t clip);
  void require_annotations();
  void list_usable_frames();
  std::uint32_t landmark_crc(std::uint32_t clip) const;
  std::uint32_t mask_crc(std::uint32_t clip) const;
  std::string fingerprint_of_run() const;

  std::vector<std::size_t> shard_place_;  // [clips] in `shards`
};

}  // namespace understudy
