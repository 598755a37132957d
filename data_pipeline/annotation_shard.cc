#include "data_pipeline/annotation_shard.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/shard_tables.h"

namespace understudy {
namespace {

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
                     std::span<const FilePart> parts,
                     std::uint32_t stored,
                     std::string_view what,
                     ReadCounts* counts) {
  const std::uint32_t found = file.read_checked(parts, stored, counts);
  if (found == stored) return;
  throw DamageError(
      fmt::format("{}: annotation of {} is damaged: CRC32C {:#010x}, stored {:#010x}; restore the file or write the "
                  "annotations again",
                  file.path().string(),
                  what,
                  found,
                  stored));
}

TablePlace locate_column(const Hdf5Reader& structure,
                         const RowColumn& column,
                         std::uint64_t frames,
                         const std::string& path) {
  TablePlace place = structure.locate(std::string(column.name), column.element, column.dimensions + 1);
  std::vector<std::uint64_t> wanted{frames};
  wanted.insert(wanted.end(), column.shape.begin(), column.shape.begin() + column.dimensions);
  if (place.extent == wanted) return place;
  throw DataError(fmt::format("{}: {} is {} where {} is wanted; write the annotations again",
                              path,
                              column.name,
                              fmt::join(place.extent, " x "),
                              fmt::join(wanted, " x ")));
}

float read_reference_size(const Hdf5Reader& structure, const std::string& path) {
  const float size = structure.float_attribute("reference_size");
  if (size > 0.0F) return size;
  throw DataError(
      fmt::format("{}: reference_size is {}, not a positive number; write the annotations again", path, size));
}

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values, std::uint64_t first, std::uint64_t last) {
  return std::as_bytes(std::span(values).subspan(first, last - first));
}

}  // namespace

RowShard::RowShard(AnnotationKind kind, const std::filesystem::path& path, const AnnotationPartner& partner)
    : kind_(kind), file_(path, partner.reading) {
  const Hdf5Reader structure(path);
  TableReader reader = open_annotation(structure, file_, kind, partner);
  const std::uint64_t frames = partner.tables->frames();
  valid_ = reader.take<std::uint8_t>("/frame/valid", frames);
  crc32c_ = reader.take<std::uint32_t>("/frame/crc32c", frames);
  for (const RowColumn& column : row_columns(kind)) {
    column_offset_.push_back(locate_column(structure, column, frames, path.string()).offset);
  }
  if (kind == AnnotationKind::kLandmark68) reference_size_ = read_reference_size(structure, path.string());
}

void RowShard::read(std::uint64_t frame, std::span<std::byte> row, std::string_view what, ReadCounts* counts) const {
  const auto columns = row_columns(kind_);
  std::array<FilePart, kMostColumns> parts;
  std::size_t at = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::size_t bytes = columns[i].bytes();
    parts[i] = {column_offset_[i] + frame * bytes, row.subspan(at, bytes)};
    at += bytes;
  }
  read_annotation(file_, std::span(parts).first(columns.size()), crc32c_[frame], what, counts);
}

std::uint32_t RowShard::content_crc(std::uint64_t first, std::uint64_t last) const {
  return crc32c(bytes_of(crc32c_, first, last), crc32c(bytes_of(valid_, first, last)));
}

std::uint32_t RowShard::unknown_crc(AnnotationKind kind, std::uint64_t frames) {
  const std::uint32_t row = crc32c(std::vector<std::byte>(row_bytes(kind)));
  const std::vector<std::uint8_t> valid(frames, 0);
  const std::vector<std::uint32_t> crcs(frames, row);
  return crc32c(bytes_of(crcs, 0, frames), crc32c(bytes_of(valid, 0, frames)));
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
  const FilePart part{payload_ + offset_[frame], bytes};
  read_annotation(file_, {&part, 1}, crc32c_[frame], what, counts);
  return bytes;
}

std::uint32_t MaskShard::content_crc(std::uint64_t first, std::uint64_t last) const {
  return crc32c(bytes_of(crc32c_, first, last));
}

std::uint32_t MaskShard::unknown_crc(std::uint64_t frames) {
  return crc32c(bytes_of(std::vector<std::uint32_t>(frames, crc32c({})), 0, frames));
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
