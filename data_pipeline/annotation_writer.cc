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
                 const SetOptions& options)
      : kind_(kind),
        path_(folder / annotation_shard_name(partner.shard, kind)),
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

  WrittenAnnotation finish() {
    tables.finish();
    file.close();
    return {kind_, publish_file(partial_, path_)};
  }

 private:
  AnnotationKind kind_;
  std::filesystem::path path_;
  std::filesystem::path partial_;

 public:
  Hdf5Writer file;
  TableWriter tables;
};

void AnnotationCollector::add(const ClipRecord& clip) {
  const auto& landmarks = clip.annotations.landmarks;
  landmarks_.insert(landmarks_.end(), landmarks.begin(), landmarks.end());
  landmarks_.resize(mask_crc_.size() + clip.frames.size());
  add_masks(clip);
  add_truth(clip);
}

void AnnotationCollector::add_masks(const ClipRecord& clip) {
  for (std::size_t i = 0; i < clip.frames.size(); ++i) {
    if (i < clip.annotations.masks.size()) {
      const auto& mask = clip.annotations.masks[i];
      mask_bytes_.insert(mask_bytes_.end(), mask.begin(), mask.end());
    }
    mask_crc_.push_back(crc32c(std::span(mask_bytes_).subspan(mask_offset_.back())));
    mask_offset_.push_back(mask_bytes_.size());
  }
}

void AnnotationCollector::add_truth(const ClipRecord& clip) {
  const SyntheticTruth& truth = clip.annotations.truth;
  identity_.push_back(truth.identity);
  pose_.insert(pose_.end(), truth.pose.begin(), truth.pose.end());
  expression_.insert(expression_.end(), truth.expression.begin(), truth.expression.end());
  truth_valid_.resize(truth_valid_.size() + clip.frames.size(), truth.empty() ? 0 : 1);
  pose_.resize(truth_valid_.size());
  expression_.resize(truth_valid_.size());
}

void AnnotationCollector::write_landmarks(AnnotationFile& out, float reference_size) const {
  std::vector<std::uint8_t> valid;
  std::vector<std::uint32_t> crc;
  std::vector<float> points;
  for (const Landmarks68& row : landmarks_) {
    valid.push_back(row.valid() ? 1 : 0);
    crc.push_back(crc32c(std::as_bytes(std::span(row.xy))));
    points.insert(points.end(), row.xy.begin(), row.xy.end());
  }
  out.file.float_attribute("reference_size", reference_size);
  out.tables.add("/frame/valid", valid);
  out.tables.add("/frame/crc32c", crc);
  out.file.table("/frame/points", std::span<const float>(points), {landmarks_.size(), 68, 2});
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

std::vector<WrittenAnnotation> AnnotationCollector::write(const std::filesystem::path& folder,
                                                          const AnnotationPartner& partner,
                                                          const SetOptions& options) const {
  std::vector<WrittenAnnotation> written;
  if (std::any_of(landmarks_.begin(), landmarks_.end(), [](const Landmarks68& row) { return row.valid(); })) {
    AnnotationFile out(AnnotationKind::kLandmark68, folder, partner, options);
    write_landmarks(out, options.landmark_reference_size);
    written.push_back(out.finish());
  }
  if (!mask_bytes_.empty()) {
    AnnotationFile out(AnnotationKind::kMask, folder, partner, options);
    write_masks(out, options.mask_codec);
    written.push_back(out.finish());
  }
  if (std::count(truth_valid_.begin(), truth_valid_.end(), 1) > 0) {
    AnnotationFile out(AnnotationKind::kSynthetic, folder, partner, options);
    write_truth(out);
    written.push_back(out.finish());
  }
  return written;
}

}  // namespace understudy
