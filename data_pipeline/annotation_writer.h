#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "data_pipeline/annotation_shard.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {

struct ClipAnnotations;
struct SetOptions;

/// Collects the annotations of one frame shard's clips and writes a shard for every kind that any of them has.
class AnnotationCollector {
 public:
  /// @param frames  of the clip. The annotations were checked by the caller.
  void add(const ClipAnnotations& clip, std::size_t frames);
  /// Fills rows up to the last frame where they are, because a shard's are too many to hold twice.
  std::vector<AnnotationEntry> write(const std::filesystem::path& folder,
                                     const AnnotationPartner& partner,
                                     const SetOptions& options,
                                     int generation = 1);

 private:
  AnnotationRows& rows_of(AnnotationKind kind);
  void add_landmarks(const ClipAnnotations& clip);
  void add_rows(const AnnotationRows& rows);
  void add_masks(const ClipAnnotations& clip, std::size_t frames);
  void add_truth(const ClipAnnotations& clip, std::size_t frames);
  class AnnotationFile;
  void write_rows(AnnotationFile& out, const AnnotationRows& rows) const;
  void write_masks(AnnotationFile& out, MaskCodec codec) const;
  void write_truth(AnnotationFile& out) const;

  std::size_t frames_ = 0;
  std::vector<AnnotationRows> rows_;            // of all frames, one entry a kind, in order of kinds
  std::vector<std::byte> mask_bytes_;           // [M]
  std::vector<std::uint64_t> mask_offset_{0};   // [F + 1]
  std::vector<std::uint32_t> mask_crc_;         // [F]
  std::vector<std::vector<float>> identity_;    // [C], empty where unknown
  std::vector<std::array<float, 3>> pose_;      // [F]
  std::vector<std::vector<float>> expression_;  // [F], empty where unknown
  std::vector<std::uint8_t> truth_valid_;       // [F]
};

}  // namespace understudy
