#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "common/file_system.h"

namespace understudy {

/// An 8-bit RGB picture, rows from top to bottom, channels interleaved.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  ///< height x width x 3

  Picture() = default;
  Picture(int w, int h) : width(w), height(h), rgb(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * 3) {}
  std::uint8_t* pixel(int x, int y) {
    return rgb.data() +
           (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 3;
  }
  const std::uint8_t* pixel(int x, int y) const { return const_cast<Picture*>(this)->pixel(x, y); }
};

struct PictureSize {
  int width = 0;
  int height = 0;
  bool operator==(const PictureSize&) const = default;
};

/// Size from the header alone. @throws DataError
PictureSize jpeg_size(std::span<const std::byte> bytes, std::string_view what);

/// Decodes a JPEG with the accurate integer DCT; warnings of the decoder are errors. Safe on any thread.
/// @param what  names the picture in messages. @throws DataError
Picture decode_jpeg(std::span<const std::byte> bytes, std::string_view what);
/// The same into a picture whose memory is used again.
void decode_jpeg(std::span<const std::byte> bytes, std::string_view what, Picture& picture);

/// 4:2:0 unless `full_chroma`. Deterministic: the same picture gives the same bytes on every machine.
std::vector<std::byte> encode_jpeg(const Picture& picture, int quality, bool full_chroma = false);

/// @throws DataError
Picture decode_png(std::span<const std::byte> bytes, std::string_view what);
std::vector<std::byte> encode_png(const Picture& picture);

/// Reads a PNG or JPEG file, told apart by its first bytes; grey, palette, 16-bit and alpha pictures become 8-bit RGB.
/// @throws DataError  naming the file and what it seems to be instead
Picture read_picture(const std::filesystem::path& path);

/// Written whole or not at all. @throws FileError
void write_png(const std::filesystem::path& path, const Picture& picture, const FileSystem& files = system_files());

}  // namespace understudy
