#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/annotation_rows.h"
#include "data_pipeline/mask.h"
#include "data_pipeline/plain_file.h"

namespace understudy {

struct FrameTables;

/// The frame shard that an annotation shard belongs to.
struct AnnotationPartner {
  std::uint32_t shard = 0;
  std::string frames_sha256;  ///< of the frame shard's file
  const FrameTables* tables = nullptr;
  ReadOptions reading = {};
};

/// A kind with one row of fixed size a frame (`row_columns`): landmarks, boxes, keypoints, FLAME fits, pose.
class RowShard {
 public:
  /// @throws DataError  also when it was written for another frame shard
  RowShard(AnnotationKind kind, const std::filesystem::path& path, const AnnotationPartner& partner);
  AnnotationKind kind() const { return kind_; }
  const PlainFile& file() const { return file_; }
  /// Side of the square picture that landmark values are pixels of; 0 for kinds that have none.
  float reference_size() const { return reference_size_; }
  bool valid(std::uint64_t frame) const { return valid_[frame] != 0; }
  /// The rows of all columns, one after another.
  /// @param row   [row_bytes(kind)]
  /// @param what  names the frame in messages. @throws DamageError  when the bytes fail their CRC, twice
  void read(std::uint64_t frame, std::span<std::byte> row, std::string_view what, ReadCounts* counts = nullptr) const;
  /// Changes with any row of the frames [first, last).
  std::uint32_t content_crc(std::uint64_t first, std::uint64_t last) const;
  /// The same for frames of which nothing is known: what a shard without a file of this kind stands for.
  static std::uint32_t unknown_crc(AnnotationKind kind, std::uint64_t frames);

 private:
  AnnotationKind kind_;
  PlainFile file_;
  std::vector<std::uint64_t> column_offset_;
  float reference_size_ = 0.0F;
  std::vector<std::uint8_t> valid_;
  std::vector<std::uint32_t> crc32c_;
};

/// One encoded mask a frame, or none.
class MaskShard {
 public:
  /// @throws DataError  also when it was written for another frame shard
  MaskShard(const std::filesystem::path& path, const AnnotationPartner& partner);
  MaskCodec codec() const { return codec_; }
  const PlainFile& file() const { return file_; }
  bool valid(std::uint64_t frame) const { return offset_[frame + 1] > offset_[frame]; }
  /// @throws DamageError  when the bytes fail their CRC, twice
  std::vector<std::byte> read(std::uint64_t frame, std::string_view what, ReadCounts* counts = nullptr) const;
  std::uint32_t content_crc(std::uint64_t first, std::uint64_t last) const;
  /// The same for frames without masks.
  static std::uint32_t unknown_crc(std::uint64_t frames);

 private:
  PlainFile file_;
  std::uint64_t payload_ = 0;
  MaskCodec codec_ = MaskCodec::kBitsDeflate;
  std::vector<std::uint64_t> offset_;
  std::vector<std::uint32_t> crc32c_;
};

/// Known parameters of synthetic frames. Small, so held in memory.
class SyntheticShard {
 public:
  /// @throws DataError  also when it was written for another frame shard
  SyntheticShard(const std::filesystem::path& path, const AnnotationPartner& partner);
  bool valid(std::uint64_t frame) const { return valid_[frame] != 0; }
  std::vector<float> identity(std::uint64_t clip) const;
  std::array<float, 3> pose(std::uint64_t frame) const;
  std::vector<float> expression(std::uint64_t frame) const;

 private:
  std::size_t identity_size_ = 0;
  std::size_t expression_size_ = 0;
  std::vector<std::uint8_t> valid_;
  std::vector<float> identity_;
  std::vector<float> pose_;
  std::vector<float> expression_;
};

}  // namespace understudy
