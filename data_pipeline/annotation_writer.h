#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "data_pipeline/annotation_shard.h"
#include "data_pipeline/landmarks.h"
#include "data_pipeline/set_format.h"

namespace understudy {

struct ClipRecord;
struct SetOptions;

/// An annotation shard that was written.
struct WrittenAnnotation {
  AnnotationKind kind;
  std::filesystem::path path;
};

/// Collects the annotations of one frame shard's clips and writes a shard for every kind that any of them has.
class AnnotationCollector {
 public:
  /// The clip was checked by the caller.
  void add(const ClipRecord& clip);
  std::vector<WrittenAnnotation> write(const std::filesystem::path& folder,
                                       const AnnotationPartner& partner,
                                       const SetOptions& options) const;

 private:
  void add_masks(const ClipRecord& clip);
  void add_truth(const ClipRecord& clip);
  class AnnotationFile;
  void write_landmarks(AnnotationFile& out, float reference_size) const;
  void write_masks(AnnotationFile& out, MaskCodec codec) const;
  void write_truth(AnnotationFile& out) const;

  std::vector<Landmarks68> landmarks_;          // [F]
  std::vector<std::byte> mask_bytes_;           // [M]
  std::vector<std::uint64_t> mask_offset_{0};   // [F + 1]
  std::vector<std::uint32_t> mask_crc_;         // [F]
  std::vector<std::vector<float>> identity_;    // [C], empty where unknown
  std::vector<std::array<float, 3>> pose_;      // [F]
  std::vector<std::vector<float>> expression_;  // [F], empty where unknown
  std::vector<std::uint8_t> truth_valid_;       // [F]
};

}  // namespace understudy
