#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace understudy {

/// How a set stores the masks of its frames.
enum class MaskCodec : std::uint8_t {
  kBitsDeflate,  ///< rows of ceil(width / 8) bytes, most significant bit leftmost, in one zlib stream; hard masks
  kPng8,         ///< 8-bit grey PNG; soft masks
};

/// "bits-deflate" or "png8", as written into files.
std::string_view mask_codec_name(MaskCodec codec);
/// @throws DataError  for any other name. @param what  names the place in the message
MaskCodec mask_codec_from_name(std::string_view name, std::string_view what);

/// Foreground of a frame: 0 background ... 255 foreground, rows from top to bottom.
struct Mask {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> coverage;  ///< height x width
};

/// `kBitsDeflate` keeps a pixel as foreground when its coverage is 128 or more.
std::vector<std::byte> encode_mask(const Mask& mask, MaskCodec codec);

/// @param width,height  of the frame: bits carry no size, and a PNG of another size is an error
/// @param what  names the mask in messages. @throws DataError
Mask decode_mask(std::span<const std::byte> bytes, MaskCodec codec, int width, int height, std::string_view what);

}  // namespace understudy
