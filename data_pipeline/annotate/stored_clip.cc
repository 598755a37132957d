#include "data_pipeline/annotate/stored_clip.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/data_set.h"
#include "data_pipeline/frame_shard.h"

namespace understudy {
namespace {

template <std::size_t kCount, typename T>
std::array<T, kCount> row_of(const std::vector<T>& table, std::uint64_t row) {
  std::array<T, kCount> values;
  std::copy_n(table.begin() + static_cast<std::ptrdiff_t>(row * kCount), kCount, values.begin());
  return values;
}

void place_frames(ClipFrames& frames, std::uint32_t stride) {
  for (std::uint32_t i = 0; i < frames.source_index.size(); ++i) frames.position.push_back(i * stride);
}

bool is_possible(const ClipFrames& frames) {
  const auto [left, top, right, bottom] = frames.crop;
  const bool inside = 0 <= left && left < right && right <= frames.decoded_width && 0 <= top && top < bottom &&
                      bottom <= frames.decoded_height;
  return inside && !frames.position.empty() && frames.position.back() < frames.source_frames;
}

}  // namespace

ClipFrames stored_frames(const FrameTables& tables, std::uint64_t clip, const std::string& what) {
  ClipFrames frames;
  const auto row = [&](std::uint64_t frame) {
    return tables.source_index.begin() + static_cast<std::ptrdiff_t>(frame);
  };
  frames.source_index.assign(row(tables.first_frame[clip]), row(tables.first_frame[clip + 1]));
  frames.width = tables.clip_size[2 * clip];
  frames.height = tables.clip_size[2 * clip + 1];
  const auto [input_frames, stride] = row_of<2>(tables.input_frames, clip);
  if (input_frames == 0) {
    frames.source_frames = static_cast<std::uint32_t>(frames.source_index.size());
    frames.decoded_width = frames.width;
    frames.decoded_height = frames.height;
    frames.crop = {0, 0, frames.width, frames.height};
    place_frames(frames, 1);
    return frames;
  }
  frames.source_frames = input_frames;
  frames.decoded_width = tables.input_size[2 * clip];
  frames.decoded_height = tables.input_size[2 * clip + 1];
  frames.crop = row_of<4>(tables.input_crop, clip);
  place_frames(frames, stride);
  if (is_possible(frames)) return frames;
  throw DataError(
      fmt::format("{}: {} frames, every {}th of {}, do not fit an input of {} x {} cropped to {}, {}, {}, {}; pack the "
                  "set again",
                  what,
                  frames.position.size(),
                  stride,
                  input_frames,
                  frames.decoded_width,
                  frames.decoded_height,
                  frames.crop[0],
                  frames.crop[1],
                  frames.crop[2],
                  frames.crop[3]));
}

StoredClip stored_clip(const FrameTables& tables, std::uint64_t clip, std::uint64_t first_row) {
  const std::string what = fmt::format("clip \"{}\"", tables.clip_name[clip]);
  return {static_cast<std::uint32_t>(first_row + clip),
          {tables.clip_name[clip], tables.clip_identity[clip], tables.clip_video[clip], {}, {}},
          stored_frames(tables, clip, what)};
}

std::uint32_t row_in(const DataSet& set, const StoredClip& clip) {
  if (clip.row < set.clips().size() && set.clips()[clip.row].name == clip.listed.name) return clip.row;
  throw DataError(fmt::format(
      "{}: clip \"{}\" is not at row {} of the index; the set was changed, or its files were mixed up: pack it again",
      set.folder().string(),
      clip.listed.name,
      clip.row));
}

}  // namespace understudy
