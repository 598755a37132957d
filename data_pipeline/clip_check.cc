#include "data_pipeline/clip_check.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/set_writer.h"

namespace understudy {
namespace {

constexpr std::size_t kLongestName = 256;
constexpr int kLargestSide = 65500;  // of a JPEG

void require_name(const ClipRecord& clip, std::string_view what, std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (name.empty() || name.size() > kLongestName || !plain) {
    fail_clip(
        clip,
        fmt::format(
            "{} \"{}\" is not 1 to {} printable ASCII characters without blanks; rename it", what, name, kLongestName));
  }
}

void require_names(const ClipRecord& clip) {
  require_name(clip, "name", clip.name);
  require_name(clip, "identity", clip.identity);
  require_name(clip, "video", clip.video);
}

void require_count(std::string_view clip, std::string_view what, std::size_t count, std::size_t frames) {
  if (count == 0 || count == frames) return;
  throw DataError(
      fmt::format("clip \"{}\": {} {} for {} frames; there must be one a frame or none", clip, count, what, frames));
}

void require_counts(const ClipRecord& clip) {
  if (clip.frames.empty()) fail_clip(clip, "has no frames; leave it out");
  require_count(clip.name, "source indices", clip.source_index.size(), clip.frames.size());
  require_count(clip.name, "usability marks", clip.unusable.size(), clip.frames.size());
  require_annotation_counts(clip.annotations, clip.frames.size(), clip.name);
}

void require_frames(const ClipRecord& clip) {
  if (clip.width < 1 || clip.height < 1 || clip.width > kLargestSide || clip.height > kLargestSide) {
    fail_clip(clip, fmt::format("size {} x {} is impossible", clip.width, clip.height));
  }
  for (std::size_t i = 0; i < clip.frames.size(); ++i) {
    const PictureSize size = jpeg_size(clip.frames[i], fmt::format("clip \"{}\", frame {}", clip.name, i));
    if (size == PictureSize{clip.width, clip.height}) continue;
    fail_clip(clip,
              fmt::format("frame {} is {} x {}, the clip {} x {}; crop or resize it first",
                          i,
                          size.width,
                          size.height,
                          clip.width,
                          clip.height));
  }
}

}  // namespace

void fail_clip(const ClipRecord& clip, std::string_view problem) {
  throw DataError(fmt::format("clip \"{}\": {}", clip.name, problem));
}

void require_annotation_counts(const ClipAnnotations& annotations, std::size_t frames, std::string_view clip) {
  require_count(clip, "landmark rows", annotations.landmarks.size(), frames);
  require_count(clip, "masks", annotations.masks.size(), frames);
  require_count(clip, "poses", annotations.truth.pose.size(), frames);
  require_count(clip, "expressions", annotations.truth.expression.size(), frames);
  for (const AnnotationRows& rows : annotations.rows) {
    const std::string what = fmt::format("{} rows", annotation_kind_name(rows.kind));
    require_count(clip, what, rows.valid.size(), frames);
    require_count(clip, what, rows.bytes.size() / row_bytes(rows.kind), frames);
  }
}

void require_clip(const ClipRecord& clip) {
  require_names(clip);
  require_counts(clip);
  require_frames(clip);
}

}  // namespace understudy
