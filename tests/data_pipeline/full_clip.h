#pragma once

#include <vector>

#include "data_pipeline/annotation_rows.h"
#include "tests/support/tiny_set.h"

namespace understudy {

/// Rows that differ in every byte from their neighbours; nothing is known of frame 2.
inline AnnotationRows full_rows(AnnotationKind kind, std::size_t frames, std::size_t number) {
  const std::size_t width = row_bytes(kind);
  AnnotationRows rows{kind, std::vector<std::uint8_t>(frames, 1), std::vector<std::byte>(frames * width)};
  for (std::size_t i = 0; i < rows.bytes.size(); ++i) rows.bytes[i] = static_cast<std::byte>((i + number) * 37 % 251);
  rows.valid[2] = 0;
  std::fill_n(rows.bytes.begin() + static_cast<std::ptrdiff_t>(2 * width), width, std::byte{0});
  return rows;
}

/// Three clips of two people with everything that a clip can have, none of it at its default.
inline std::vector<ClipRecord> full_clips(MaskCodec codec = MaskCodec::kBitsDeflate) {
  std::vector<ClipRecord> clips;
  for (const auto& [identity, clip] : {std::pair{0U, 0U}, {0U, 1U}, {1U, 0U}}) {
    const TinySet tiny{.frames = 4 + clip, .side = 32 + 8 * static_cast<int>(clip), .truth = true};
    ClipRecord record = tiny_clip(tiny, identity, clip);
    const std::size_t frames = record.frames.size();
    const auto number = static_cast<std::uint32_t>(clips.size());
    record.fps_num = 30000;
    record.fps_den = 1001 + number;
    record.source_box = {10, 20, 300 + static_cast<std::int32_t>(number), 310};
    record.source_size = {1280, 720 - static_cast<std::int32_t>(number)};
    record.input_frames = {200 + number, 25};
    record.input_size = {640, 360 + static_cast<std::int32_t>(number)};
    record.input_crop = {3, 4, 330, 350 + static_cast<std::int32_t>(number)};
    record.unusable.assign(frames, 0);
    record.unusable[1 + clip] = 1;
    record.annotations.landmarks[0] = {};
    for (std::uint32_t frame = 0; frame < frames; ++frame) {
      record.source_index.push_back(100 + 25 * frame + number);
      Mask mask{record.width,
                record.height,
                std::vector<std::uint8_t>(static_cast<std::size_t>(record.width * record.height))};
      std::fill_n(mask.coverage.begin(), 5 * frame + number, std::uint8_t{255});
      record.annotations.masks.push_back(frame == 1 ? std::vector<std::byte>() : encode_mask(mask, codec));
    }
    for (const AnnotationKind kind : kAnnotationKinds) {
      if (kind == AnnotationKind::kLandmark68 || row_columns(kind).empty()) continue;
      record.annotations.rows.push_back(full_rows(kind, frames, number));
    }
    clips.push_back(record);
  }
  return clips;
}

}  // namespace understudy
