#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace understudy {

/// Pixels as PNG files hold them once alpha is dropped: 8 bits a channel, rows from top to bottom, interleaved.
struct PngPixels {
  int width = 0;
  int height = 0;
  int channels = 3;                 ///< 1 grey or 3 RGB
  std::vector<std::uint8_t> bytes;  ///< height x width x channels
};

/// Palette, 16-bit, grey and alpha pictures are brought to the wanted channels; stored gamma is not applied.
/// @param channels  1 or 3. @param what  names the picture in messages. @throws DataError
PngPixels decode_png_pixels(std::span<const std::byte> bytes, int channels, std::string_view what);

std::vector<std::byte> encode_png_pixels(const PngPixels& pixels);

}  // namespace understudy
