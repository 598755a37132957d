#include "data_pipeline/annotation_writer.h"

#include <algorithm>
#include <span>

#include "common/hash.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_writer.h"
#include "data_pipeline/shard_tables.h"

namespace understudy {
namespace {

/// Parameters of different clips or frames side by side, zeros where one has none.
std::vector<float> stack(const std::vector<std::vector<float>>& rows, std::size_t columns) {
  std::vector<float> values;
  for (const auto& row : rows) {
    values.insert(values.end(), row.begin(), row.end());
    values.resize(values.size() + columns - row.size());
  }
  return values;
}

/// One column of all rows.
std::vector<std::byte> take_column(std::span<const std::byte> rows,
                                   std::size_t row_size,
                                   std::size_t at,
                                   std::size_t size) {
  if (size == row_size) return {rows.begin(), rows.end()};
  std::vector<std::byte> values;
  for (std::size_t row = 0; row + row_size <= rows.size(); row += row_size) {
    const auto part = rows.subspan(row + at, size);
    values.insert(values.end(), part.begin(), part.end());
  }
  return values;
}

std::size_t longest(const std::vector<std::vector<float>>& rows) {
  std::size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  return columns;
}

}  // namespace

/// What all kinds share: attributes that name the partner, and its clip table.
class AnnotationCollector::AnnotationFile {
 public:
  AnnotationFile(AnnotationKind kind,
                 const std::filesystem::path& folder,
                 const AnnotationPartner& partner,
                 const SetOptions& options,
                 int generation)
      : kind_(kind),
        shard_(partner.shard),
        path_(folder / annotation_shard_name(partner.shard, kind, generation)),
        partial_(folder / partial_name(path_.filename().string())),
        file(partial_),
        tables(file) {
    write_format(file, annotation_format(kind));
    file.u32_attribute("shard_number", partner.shard);
    file.u64_attribute("clips", partner.tables->clips());
    file.u64_attribute("frames", partner.tables->frames());
    file.text_attribute("frames_sha256", partner.frames_sha256);
    file.text_attribute("tool", options.annotation_tool);
    tables.add_text("/clip/name", partner.tables->clip_name, kClipNameWidth);
    tables.add("/clip/first_frame", partner.tables->first_frame);
  }

  AnnotationEntry finish() {
    tables.finish();
    file.close();
    publish_file(partial_, path_);
    return {kind_, shard_, measure_file(path_, payload_tables(kind_))};
  }

 private:
  AnnotationKind kind_;
  std::uint32_t shard_;
  std::filesystem::path path_;
  std::filesystem::path partial_;

 public:
  Hdf5Writer file;
  TableWriter tables;
};

void AnnotationCollector::add(const ClipAnnotations& clip, std::size_t frames) {
  add_landmarks(clip);
  for (const AnnotationRows& rows : clip.rows) add_rows(rows);
  add_masks(clip, frames);
  add_truth(clip, frames);
  frames_ += frames;
}

/// All rows of a kind, filled up with unknown ones to where the next clip begins.
AnnotationRows& AnnotationCollector::rows_of(AnnotationKind kind) {
  const auto before = [](const AnnotationRows& rows, AnnotationKind wanted) { return rows.kind < wanted; };
  auto found = std::lower_bound(rows_.begin(), rows_.end(), kind, before);
  if (found == rows_.end() || found->kind != kind) found = rows_.insert(found, {kind, {}, {}});
  found->valid.resize(frames_);
  found->bytes.resize(frames_ * row_bytes(kind));
  return *found;
}

void AnnotationCollector::add_landmarks(const ClipAnnotations& clip) {
  if (clip.landmarks.empty()) return;
  AnnotationRows rows{AnnotationKind::kLandmark68, {}, {}};
  for (const Landmarks68& row : clip.landmarks) {
    rows.valid.push_back(row.valid() ? 1 : 0);
    const auto bytes = std::as_bytes(std::span(row.xy));
    rows.bytes.insert(rows.bytes.end(), bytes.begin(), bytes.end());
  }
  add_rows(rows);
}

void AnnotationCollector::add_rows(const AnnotationRows& rows) {
  AnnotationRows& all = rows_of(rows.kind);
  all.valid.insert(all.valid.end(), rows.valid.begin(), rows.valid.end());
  all.bytes.insert(all.bytes.end(), rows.bytes.begin(), rows.bytes.end());
}

void AnnotationCollector::add_masks(const ClipAnnotations& clip, std::size_t frames) {
  for (std::size_t i = 0; i < frames; ++i) {
    if (i < clip.masks.size()) mask_bytes_.insert(mask_bytes_.end(), clip.masks[i].begin(), clip.masks[i].end());
    mask_crc_.push_back(crc32c(std::span(mask_bytes_).subspan(mask_offset_.back())));
    mask_offset_.push_back(mask_bytes_.size());
  }
}

void AnnotationCollector::add_truth(const ClipAnnotations& clip, std::size_t frames) {
  const SyntheticTruth& truth = clip.truth;
  identity_.push_back(truth.identity);
  pose_.insert(pose_.end(), truth.pose.begin(), truth.pose.end());
  expression_.insert(expression_.end(), truth.expression.begin(), truth.expression.end());
  truth_valid_.resize(truth_valid_.size() + frames, truth.empty() ? 0 : 1);
  pose_.resize(truth_valid_.size());
  expression_.resize(truth_valid_.size());
}

void AnnotationCollector::write_rows(AnnotationFile& out, const AnnotationRows& rows) const {
  const std::size_t size = row_bytes(rows.kind);
  std::vector<std::uint32_t> crc;
  for (std::size_t frame = 0; frame < frames_; ++frame) {
    crc.push_back(crc32c(std::span(rows.bytes).subspan(frame * size, size)));
  }
  out.tables.add("/frame/valid", rows.valid);
  out.tables.add("/frame/crc32c", crc);
  std::size_t at = 0;
  for (const RowColumn& column : row_columns(rows.kind)) {
    const std::vector<std::byte> values = take_column(rows.bytes, size, at, column.bytes());
    std::vector<std::uint64_t> extent{frames_};
    extent.insert(extent.end(), column.shape.begin(), column.shape.begin() + column.dimensions);
    out.file.byte_table(std::string(column.name), column.element, values, extent);
    at += column.bytes();
  }
}

void AnnotationCollector::write_masks(AnnotationFile& out, MaskCodec codec) const {
  out.file.text_attribute("codec", std::string(mask_codec_name(codec)));
  out.tables.add("/frame/offset", mask_offset_);
  out.tables.add("/frame/crc32c", mask_crc_);
  out.file.table("/frame/bytes", std::span<const std::byte>(mask_bytes_), {mask_bytes_.size()});
}

void AnnotationCollector::write_truth(AnnotationFile& out) const {
  const std::size_t identity_size = longest(identity_);
  const std::size_t expression_size = longest(expression_);
  out.file.u64_attribute("identity_parameters", identity_size);
  out.file.u64_attribute("expression_parameters", expression_size);
  out.tables.add("/frame/valid", truth_valid_);
  out.tables.add("/clip/identity_parameters", stack(identity_, identity_size), {identity_.size(), identity_size});
  std::vector<float> pose;
  for (const auto& angles : pose_) pose.insert(pose.end(), angles.begin(), angles.end());
  out.tables.add("/frame/pose", pose, {pose_.size(), 3});
  out.tables.add("/frame/expression", stack(expression_, expression_size), {expression_.size(), expression_size});
}

std::vector<AnnotationEntry> AnnotationCollector::write(const std::filesystem::path& folder,
                                                        const AnnotationPartner& partner,
                                                        const SetOptions& options,
                                                        int generation) {
  std::vector<AnnotationEntry> written;
  for (AnnotationRows& rows : rows_) {
    if (std::count(rows.valid.begin(), rows.valid.end(), 1) == 0) continue;
    rows.valid.resize(frames_);
    rows.bytes.resize(frames_ * row_bytes(rows.kind));
    AnnotationFile out(rows.kind, folder, partner, options, generation);
    if (rows.kind == AnnotationKind::kLandmark68) {
      out.file.float_attribute("reference_size", options.landmark_reference_size);
    }
    write_rows(out, rows);
    written.push_back(out.finish());
  }
  if (!mask_bytes_.empty()) {
    AnnotationFile out(AnnotationKind::kMask, folder, partner, options, generation);
    write_masks(out, options.mask_codec);
    written.push_back(out.finish());
  }
  if (std::count(truth_valid_.begin(), truth_valid_.end(), 1) > 0) {
    AnnotationFile out(AnnotationKind::kSynthetic, folder, partner, options, generation);
    write_truth(out);
    written.push_back(out.finish());
  }
  return written;
}

}  // namespace understudy
