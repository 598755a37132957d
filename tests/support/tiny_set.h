#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/philox.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/set_writer.h"

namespace understudy {

/// A small set of noise pictures: identities "id00", "id01", ... with one video a clip unless told otherwise.
struct TinySet {
  std::uint32_t identities = 3;
  std::uint32_t clips = 2;   ///< of each identity
  std::uint32_t frames = 4;  ///< of each clip
  int side = 32;
  std::uint64_t seed = 7;
  bool landmarks = true;
  bool masks = false;
  bool truth = false;
  std::uint32_t clips_per_video = 1;
};

/// Smooth-ish noise: a colour of its own for every 8 x 8 block, a function of (seed, number).
inline Picture tiny_picture(int width, int height, std::uint64_t seed, std::uint64_t number) {
  Picture picture(width, height);
  const int blocks = (width + 7) / 8;
  std::vector<std::uint8_t> colours;
  Draws draws(seed, Purpose::kTest, number);
  for (int i = 0; i < blocks * ((height + 7) / 8) * 3; ++i)
    colours.push_back(static_cast<std::uint8_t>(draws.below(256)));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c)
        picture.pixel(x, y)[c] = colours[static_cast<std::size_t>(((y / 8) * blocks + x / 8) * 3 + c)];
    }
  }
  return picture;
}

/// A face-like spread of points in the middle of a 256-pixel picture, moved by the frame's number.
inline Landmarks68 tiny_landmarks(std::uint64_t number) {
  Landmarks68 landmarks;
  for (std::size_t i = 0; i < 68; ++i) {
    landmarks.xy[2 * i] = 80.0F + static_cast<float>(i % 10) * 10.0F + static_cast<float>(number % 7);
    landmarks.xy[2 * i + 1] = 90.0F + static_cast<float>(i / 10) * 12.0F + static_cast<float>(number % 5);
  }
  return landmarks;
}

inline ClipRecord tiny_clip(const TinySet& tiny, std::uint32_t identity, std::uint32_t clip) {
  ClipRecord record;
  record.identity = fmt::format("id{:02}", identity);
  record.video = fmt::format("video{:02}", clip / tiny.clips_per_video);
  record.name = fmt::format("{}#{}#{:03}", record.identity, record.video, clip);
  record.width = tiny.side;
  record.height = tiny.side;
  for (std::uint32_t frame = 0; frame < tiny.frames; ++frame) {
    const std::uint64_t number = (std::uint64_t{identity} * tiny.clips + clip) * tiny.frames + frame;
    record.frames.push_back(encode_jpeg(tiny_picture(tiny.side, tiny.side, tiny.seed, number), 95));
    if (tiny.landmarks) record.annotations.landmarks.push_back(tiny_landmarks(number));
    if (tiny.masks) {
      Mask mask{tiny.side, tiny.side, std::vector<std::uint8_t>(static_cast<std::size_t>(tiny.side * tiny.side))};
      for (std::size_t i = 0; i <= number && i < mask.coverage.size(); ++i) mask.coverage[i] = 255;
      record.annotations.masks.push_back(encode_mask(mask, MaskCodec::kBitsDeflate));
    }
    if (tiny.truth) {
      record.annotations.truth.identity = {static_cast<float>(identity), 0.5F};
      record.annotations.truth.pose.push_back({static_cast<float>(number), 0.25F, -0.5F});
      record.annotations.truth.expression.push_back({0.125F, static_cast<float>(frame), 1.0F, -1.0F});
    }
  }
  return record;
}

/// Writes the set into `folder`, which the writer makes.
inline void write_tiny_set(const std::filesystem::path& folder, const TinySet& tiny = {}, SetOptions options = {}) {
  options.source = "tiny";
  options.jpeg_quality = 95;
  options.jpeg_subsampling = "4:2:0";
  SetWriter writer(folder, std::move(options));
  for (std::uint32_t identity = 0; identity < tiny.identities; ++identity) {
    for (std::uint32_t clip = 0; clip < tiny.clips; ++clip) writer.add(tiny_clip(tiny, identity, clip));
  }
  writer.finish();
}

}  // namespace understudy
