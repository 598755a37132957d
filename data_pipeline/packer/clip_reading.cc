#include "data_pipeline/packer/clip_reading.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

bool is_known(const PixelBox& box) {
  return box != PixelBox{};
}

/// Every how many-th frame was taken.
std::uint32_t stride_of(const std::vector<std::uint32_t>& position) {
  return position.size() < 2 ? 1 : position[1] - position[0];
}

/// Where the packed part of a decoded frame lies in the recording.
PixelBox packed_box(const ClipFrames& frames) {
  if (!is_known(frames.source_box)) return {};
  const auto inside = [&](std::size_t side, std::int32_t decoded) {
    const std::size_t low = side % 2;
    const std::int64_t length = frames.source_box[low + 2] - frames.source_box[low];
    const std::int64_t moved = (2 * length * frames.crop[side] + decoded) / (2 * std::int64_t{decoded});
    return frames.source_box[low] + static_cast<std::int32_t>(moved);
  };
  return {inside(0, frames.decoded_width),
          inside(1, frames.decoded_height),
          inside(2, frames.decoded_width),
          inside(3, frames.decoded_height)};
}

}  // namespace

ClipRecord make_record(const ListedClip& clip, PackedFrames packed, FrameRate rate, const ClipAnnotator* annotator) {
  ClipRecord record;
  record.name = clip.name;
  record.identity = clip.identity;
  record.video = clip.video;
  record.width = packed.frames.width;
  record.height = packed.frames.height;
  record.fps_num = static_cast<std::uint32_t>(rate.numerator);
  record.fps_den = static_cast<std::uint32_t>(rate.denominator);
  record.source_box = packed_box(packed.frames);
  record.source_size = packed.frames.source_size;
  record.input_frames = {packed.frames.source_frames, stride_of(packed.frames.position)};
  record.input_size = {packed.frames.decoded_width, packed.frames.decoded_height};
  record.input_crop = packed.frames.crop;
  if (annotator != nullptr) record.annotations = annotator->read(clip, packed.frames);
  record.frames = std::move(packed.jpegs);
  record.source_index = std::move(packed.frames.source_index);
  return record;
}

std::string one_line(std::string text, const std::filesystem::path& root) {
  const std::string prefix = (root / "").string();
  const bool tells = prefix.size() > 1;  // neither the working folder nor the root of all
  for (std::size_t at = text.find(prefix); tells && at != std::string::npos; at = text.find(prefix, at)) {
    text.erase(at, prefix.size());
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  return text;
}

std::variant<ClipRecord, Rejection> read_or_reject(const ListedClip& clip,
                                                   const std::filesystem::path& root,
                                                   const std::function<ClipRecord()>& read) {
  try {
    return read();
  } catch (const ClipRejected& rejected) {
    return Rejection{clip.source, rejected.reason, one_line(rejected.what(), root)};
  } catch (const DataError& error) {
    return Rejection{clip.source, RejectionReason::kUnreadable, one_line(error.what(), root)};
  } catch (const std::filesystem::filesystem_error& error) {  // of reading, such as a folder without permission
    const std::string detail = fmt::format("{}: {}", error.path1().string(), error.code().message());
    return Rejection{clip.source, RejectionReason::kUnreadable, one_line(detail, root)};
  }
}

}  // namespace understudy
