#include "data_pipeline/annotate/head_box.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/packer/row_builder.h"

namespace understudy {
namespace {

constexpr std::uint8_t kHalfCovered = 128;

/// Least and greatest of every second value.
std::pair<double, double> extent(const Landmarks68& landmarks, std::size_t first) {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (std::size_t i = first; i < landmarks.xy.size(); i += 2) {
    least = std::min(least, static_cast<double>(landmarks.xy[i]));
    most = std::max(most, static_cast<double>(landmarks.xy[i]));
  }
  return {least, most};
}

}  // namespace

std::optional<FrameBox> head_box(const Landmarks68& landmarks, float reference_size, int width, int height) {
  const auto [left, right] = extent(landmarks, 0);
  const auto [top, bottom] = extent(landmarks, 1);
  if (!landmarks.valid() || right <= left || bottom <= top) return std::nullopt;
  const double beside = kHeadBeside * (right - left);
  const double tall = bottom - top;
  // Pixel centres are at whole numbers in landmarks, edges of pixels in boxes.
  const auto place = [reference_size](double value, int side) {
    return static_cast<float>((value + 0.5) * side / static_cast<double>(reference_size));
  };
  return FrameBox{place(left - beside, width),
                  place(top - kHeadAbove * tall, height),
                  place(right + beside, width),
                  place(bottom + kHeadBelow * tall, height)};
}

std::optional<FrameBox> head_box(const Mask& mask) {
  int left = mask.width;
  int top = mask.height;
  int right = 0;
  int bottom = 0;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (mask.coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(mask.width) +
                        static_cast<std::size_t>(x)] < kHalfCovered)
        continue;
      left = std::min(left, x);
      right = std::max(right, x + 1);
      top = std::min(top, y);
      bottom = std::max(bottom, y + 1);
    }
  }
  if (right <= left) return std::nullopt;
  return FrameBox{
      static_cast<float>(left), static_cast<float>(top), static_cast<float>(right), static_cast<float>(bottom)};
}

HeadBoxAnnotator::HeadBoxAnnotator(DataSet set, BoxSource source) : set_(std::move(set)), source_(source) {
  const AnnotationKind kind = source == BoxSource::kMasks ? AnnotationKind::kMask : AnnotationKind::kLandmark68;
  if (set_.has(kind)) return;
  throw DataError(fmt::format(
      "{}: boxes are to be computed from annotations of kind {}, of which the set has none; add them first, "
      "or give boxes with --from",
      set_.folder().string(),
      annotation_kind_name(kind)));
}

std::optional<FrameBox> HeadBoxAnnotator::find(const StoredClip& clip, FrameRef frame) const {
  if (source_ == BoxSource::kMasks) {
    const std::optional<Mask> mask = set_.has_masks_of(frame.clip) ? set_.mask(frame) : std::nullopt;
    return mask ? head_box(*mask) : std::nullopt;
  }
  if (!set_.has_landmarks_of(frame.clip)) return std::nullopt;
  return head_box(set_.landmarks(frame), set_.landmark_reference_size(), clip.frames.width, clip.frames.height);
}

ClipAnnotations HeadBoxAnnotator::annotate(const StoredClip& clip) const {
  RowBuilder rows(AnnotationKind::kBox);
  bool any = false;
  for (std::uint32_t i = 0; i < clip.frames.position.size(); ++i) {
    const std::optional<FrameBox> box = find(clip, {row_in(set_, clip), i});
    any = any || box;
    box ? rows.add(*box) : rows.add_unknown();
  }
  if (!any) {
    throw ClipRejected(RejectionReason::kNoFace,
                       source_ == BoxSource::kMasks ? "no frame has a mask" : "no frame has landmarks");
  }
  ClipAnnotations annotations;
  annotations.rows.push_back(rows.finish());
  return annotations;
}

}  // namespace understudy
