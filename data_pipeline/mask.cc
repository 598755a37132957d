#include "data_pipeline/mask.h"

#include <array>

#include <fmt/format.h>
#include <zlib.h>

#include "common/errors.h"
#include "data_pipeline/png_codec.h"

namespace understudy {
namespace {

constexpr int kDeflateLevel = 6;
constexpr std::array<std::string_view, 2> kCodecNames{"bits-deflate", "png8"};

std::size_t bit_row_bytes(int width) {
  return (static_cast<std::size_t>(width) + 7) / 8;
}

std::size_t pixel_count(int width, int height) {
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

std::vector<std::uint8_t> pack_bits(const Mask& mask) {
  const auto width = static_cast<std::size_t>(mask.width);
  const std::size_t stride = bit_row_bytes(mask.width);
  std::vector<std::uint8_t> bits(stride * static_cast<std::size_t>(mask.height));
  for (std::size_t i = 0; i < mask.coverage.size(); ++i) {
    const std::size_t x = i % width;
    if (mask.coverage[i] >= 128) bits[i / width * stride + x / 8] |= static_cast<std::uint8_t>(0x80U >> (x % 8));
  }
  return bits;
}

Mask unpack_bits(const std::vector<std::uint8_t>& bits, int width, int height) {
  const std::size_t stride = bit_row_bytes(width);
  const auto columns = static_cast<std::size_t>(width);
  Mask mask{width, height, std::vector<std::uint8_t>(pixel_count(width, height))};
  for (std::size_t i = 0; i < mask.coverage.size(); ++i) {
    const std::size_t x = i % columns;
    if ((bits[i / columns * stride + x / 8] >> (7 - x % 8)) & 1U) mask.coverage[i] = 255;
  }
  return mask;
}

std::vector<std::byte> deflate_bytes(const std::vector<std::uint8_t>& bytes) {
  uLongf size = compressBound(bytes.size());
  std::vector<std::byte> packed(size);
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, bytes.data(), bytes.size(), kDeflateLevel) != Z_OK) {
    throw Error(fmt::format("zlib cannot deflate {} bytes: out of memory?", bytes.size()));
  }
  packed.resize(size);
  return packed;
}

std::vector<std::uint8_t> inflate_bytes(std::span<const std::byte> packed,
                                        std::size_t expected,
                                        std::string_view what) {
  std::vector<std::uint8_t> bytes(expected);
  uLongf size = expected;
  const int result = uncompress(bytes.data(), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (result != Z_OK || size != expected) {
    throw DataError(
        fmt::format("{}: mask does not inflate to the {} bytes of its frame (zlib result {}); write the masks again",
                    what,
                    expected,
                    result));
  }
  return bytes;
}

}  // namespace

std::string_view mask_codec_name(MaskCodec codec) {
  return kCodecNames.at(static_cast<std::size_t>(codec));
}

MaskCodec mask_codec_from_name(std::string_view name, std::string_view what) {
  for (const MaskCodec codec : {MaskCodec::kBitsDeflate, MaskCodec::kPng8}) {
    if (mask_codec_name(codec) == name) return codec;
  }
  throw DataError(fmt::format(
      "{}: mask codec \"{}\" is unknown; this version reads {} and {}", what, name, kCodecNames[0], kCodecNames[1]));
}

std::vector<std::byte> encode_mask(const Mask& mask, MaskCodec codec) {
  if (mask.coverage.size() != pixel_count(mask.width, mask.height)) {
    throw DataError(fmt::format("mask of {} x {} pixels has {} values", mask.width, mask.height, mask.coverage.size()));
  }
  if (codec == MaskCodec::kBitsDeflate) return deflate_bytes(pack_bits(mask));
  return encode_png_pixels({mask.width, mask.height, 1, mask.coverage});
}

Mask decode_mask(std::span<const std::byte> bytes, MaskCodec codec, int width, int height, std::string_view what) {
  if (codec == MaskCodec::kBitsDeflate) {
    return unpack_bits(
        inflate_bytes(bytes, bit_row_bytes(width) * static_cast<std::size_t>(height), what), width, height);
  }
  PngPixels pixels = decode_png_pixels(bytes, 1, what);
  if (pixels.width != width || pixels.height != height) {
    throw DataError(fmt::format("{}: mask is {} x {}, its frame {} x {}; write the masks again",
                                what,
                                pixels.width,
                                pixels.height,
                                width,
                                height));
  }
  return {width, height, std::move(pixels.bytes)};
}

}  // namespace understudy
