#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace understudy {

/// Left, top, right, bottom in pixels; right and bottom are outside.
using PixelBox = std::array<std::int32_t, 4>;

/// Which frames of a clip are packed and how they lie in what was decoded: annotations are fitted to this.
struct ClipFrames {
  std::uint32_t source_frames = 0;  ///< frames that the input holds, packed or not: landmark files have a row for each
  std::vector<std::uint32_t> position;      ///< [frames] place in the input, ascending, below `source_frames`
  std::vector<std::uint32_t> source_index;  ///< [frames] number in the recording; of a frame folder from its file names
  std::vector<std::string> frame_names;     ///< [frames] file names without extension; empty unless a folder of frames
  int width = 0;                            ///< of every packed frame, pixels
  int height = 0;
  int decoded_width = 0;  ///< of the frames as the input holds them, upright
  int decoded_height = 0;
  PixelBox crop{};                            ///< part of the decoded frame that was scaled to width x height
  PixelBox source_box{};                      ///< where the decoded frame lies in the recording; zeros: unknown
  std::array<std::int32_t, 2> source_size{};  ///< width, height of the recording; zeros: unknown
};

}  // namespace understudy
