#include "data_pipeline/annotation_shard.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/shard_tables.h"

namespace understudy {
namespace {

constexpr std::uint64_t kLandmarkBytes = sizeof(Landmarks68);
static_assert(kLandmarkBytes == 136 * sizeof(float), "landmarks are written as they lie in memory");

void require_partner(const Hdf5Reader& structure, const AnnotationPartner& partner, const std::string& path) {
  const std::string written_for = structure.text_attribute("frames_sha256");
  if (written_for == partner.frames_sha256) return;
  throw DataError(fmt::format(
      "{}: was written for a frame shard with SHA-256 {}, but {} has {}; these annotations belong to other frames, "
      "write them again for this set",
      path,
      written_for,
      frame_shard_name(partner.shard),
      partner.frames_sha256));
}

TableReader open_annotation(const Hdf5Reader& structure,
                            const PlainFile& file,
                            AnnotationKind kind,
                            const AnnotationPartner& partner) {
  const std::string path = file.path().string();
  require_format(structure, annotation_format(kind), path);
  require_partner(structure, partner, path);
  TableReader reader(structure, file);
  const bool same_clips = reader.take_text("/clip/name", partner.tables->clips()) == partner.tables->clip_name;
  if (!same_clips ||
      reader.take<std::uint64_t>("/clip/first_frame", partner.tables->clips() + 1) != partner.tables->first_frame) {
    throw DataError(fmt::format(
        "{}: its clips are not those of {}; write the annotations again", path, frame_shard_name(partner.shard)));
  }
  return reader;
}

void read_annotation(const PlainFile& file,
                     std::uint64_t offset,
                     std::span<std::byte> target,
                     std::uint32_t stored,
                     std::string_view what,
                     ReadCounts* counts) {
  const std::uint32_t found = file.read_checked(offset, target, stored, counts);
  if (found == stored) return;
  throw DamageError(
      fmt::format("{}: annotation of {} is damaged: CRC32C {:#010x}, stored {:#010x}; restore the file or write the "
                  "annotations again",
                  file.path().string(),
                  what,
                  found,
                  stored));
}

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values, std::uint64_t first, std::uint64_t last) {
  return std::as_bytes(std::span(values).subspan(first, last - first));
}

}  // namespace

LandmarkShard::LandmarkShard(const std::filesystem::path& path, const AnnotationPartner& partner)
    : file_(path, partner.reading) {
  const Hdf5Reader structure(path);
  TableReader reader = open_annotation(structure, file_, AnnotationKind::kLandmark68, partner);
  const std::uint64_t frames = partner.tables->frames();
  valid_ = reader.take<std::uint8_t>("/frame/valid", frames);
  crc32c_ = reader.take<std::uint32_t>("/frame/crc32c", frames);
  reference_size_ = structure.float_attribute("reference_size");
  const TablePlace points = structure.locate("/frame/points", Element::kF32, 3);
  points_ = points.offset;
  if (points.extent != std::vector<std::uint64_t>{frames, 68, 2} || !(reference_size_ > 0.0F)) {
    throw DataError(
        fmt::format("{}: /frame/points is {} with reference size {}; wanted is {} x 68 x 2 and a positive size",
                    path.string(),
                    fmt::join(points.extent, " x "),
                    reference_size_,
                    frames));
  }
}

Landmarks68 LandmarkShard::read(std::uint64_t frame, std::string_view what, ReadCounts* counts) const {
  Landmarks68 landmarks;
  const auto bytes = std::as_writable_bytes(std::span(landmarks.xy));
  read_annotation(file_, points_ + frame * kLandmarkBytes, bytes, crc32c_[frame], what, counts);
  return landmarks;
}

std::uint32_t LandmarkShard::content_crc(std::uint64_t first, std::uint64_t last) const {
  return crc32c(bytes_of(crc32c_, first, last), crc32c(bytes_of(valid_, first, last)));
}

MaskShard::MaskShard(const std::filesystem::path& path, const AnnotationPartner& partner)
    : file_(path, partner.reading) {
  const Hdf5Reader structure(path);
  TableReader reader = open_annotation(structure, file_, AnnotationKind::kMask, partner);
  offset_ = reader.take<std::uint64_t>("/frame/offset", partner.tables->frames() + 1);
  crc32c_ = reader.take<std::uint32_t>("/frame/crc32c", partner.tables->frames());
  codec_ = mask_codec_from_name(structure.text_attribute("codec"), path.string());
  const TablePlace payload = structure.locate("/frame/bytes", Element::kU8, 1);
  payload_ = payload.offset;
  require_ascending(offset_, payload.bytes, path.string(), "/frame/offset");
}

std::vector<std::byte> MaskShard::read(std::uint64_t frame, std::string_view what, ReadCounts* counts) const {
  std::vector<std::byte> bytes(offset_[frame + 1] - offset_[frame]);
  read_annotation(file_, payload_ + offset_[frame], bytes, crc32c_[frame], what, counts);
  return bytes;
}

std::uint32_t MaskShard::content_crc(std::uint64_t first, std::uint64_t last) const {
  return crc32c(bytes_of(crc32c_, first, last));
}

SyntheticShard::SyntheticShard(const std::filesystem::path& path, const AnnotationPartner& partner) {
  const Hdf5Reader structure(path);
  const PlainFile file(path);
  TableReader reader = open_annotation(structure, file, AnnotationKind::kSynthetic, partner);
  const std::uint64_t frames = partner.tables->frames();
  identity_size_ = structure.number_attribute("identity_parameters");
  expression_size_ = structure.number_attribute("expression_parameters");
  valid_ = reader.take<std::uint8_t>("/frame/valid", frames);
  identity_ = reader.take<float>("/clip/identity_parameters", partner.tables->clips(), {identity_size_});
  pose_ = reader.take<float>("/frame/pose", frames, {3});
  expression_ = reader.take<float>("/frame/expression", frames, {expression_size_});
}

std::vector<float> SyntheticShard::identity(std::uint64_t clip) const {
  const float* row = identity_.data() + clip * identity_size_;
  return {row, row + identity_size_};
}

std::array<float, 3> SyntheticShard::pose(std::uint64_t frame) const {
  return {pose_[frame * 3], pose_[frame * 3 + 1], pose_[frame * 3 + 2]};
}

std::vector<float> SyntheticShard::expression(std::uint64_t frame) const {
  const float* row = expression_.data() + frame * expression_size_;
  return {row, row + expression_size_};
}

}  // namespace understudy
