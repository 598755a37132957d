#include "data_pipeline/picture.h"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <turbojpeg.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/png_codec.h"

namespace understudy {
namespace {

constexpr std::int64_t kMostPixels = 200'000'000;  // a damaged header must not ask for all memory of the machine

struct CloseTurbo {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Turbo = std::unique_ptr<void, CloseTurbo>;

Turbo new_turbo(tjhandle handle) {
  if (handle == nullptr) throw Error("libturbojpeg cannot be started: out of memory?");
  return Turbo(handle);
}

/// One a picture, at a cost of microseconds: a kept one would lend its tables to a damaged picture that lacks its own.
Turbo new_decompressor() {
  return new_turbo(tjInitDecompress());
}

const unsigned char* as_chars(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

[[noreturn]] void fail_jpeg(const Turbo& turbo, std::string_view what) {
  throw DataError(fmt::format("{}: cannot decode JPEG: {}; replace the file", what, tjGetErrorStr2(turbo.get())));
}

PictureSize read_jpeg_header(const Turbo& turbo, std::span<const std::byte> bytes, std::string_view what) {
  PictureSize size;
  int subsampling = 0;
  int colours = 0;
  const int failed = tjDecompressHeader3(
      turbo.get(), as_chars(bytes), bytes.size(), &size.width, &size.height, &subsampling, &colours);
  if (failed != 0) fail_jpeg(turbo, what);
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    throw DataError(fmt::format("{}: is a CMYK JPEG; convert it to RGB", what));
  }
  if (std::int64_t{size.width} * size.height > kMostPixels) {
    throw DataError(fmt::format("{}: {} x {} pixels are unreasonably many", what, size.width, size.height));
  }
  return size;
}

bool begins_with(std::string_view bytes, std::string_view beginning) {
  return bytes.substr(0, beginning.size()) == beginning;
}

std::string_view seeming_format(std::string_view bytes) {
  if (bytes.empty()) return "is empty";
  if (bytes.size() >= 8 && bytes.substr(4, 4) == "ftyp") return "seems to be an MP4 or MOV video";
  if (begins_with(bytes, "\x1A\x45\xDF\xA3")) return "seems to be a Matroska or WebM video";
  if (begins_with(bytes, "GIF8")) return "seems to be a GIF";
  if (begins_with(bytes, "BM")) return "seems to be a BMP";
  if (begins_with(bytes, "RIFF"))
    return bytes.substr(8, 4) == "WEBP" ? "seems to be a WebP picture" : "seems to be an AVI video";
  if (begins_with(bytes, "\x89HDF")) return "seems to be an HDF5 file";
  if (begins_with(bytes, "PK")) return "seems to be a zip or torch file";
  return "begins like neither";
}

}  // namespace

PictureSize jpeg_size(std::span<const std::byte> bytes, std::string_view what) {
  return read_jpeg_header(new_decompressor(), bytes, what);
}

Picture decode_jpeg(std::span<const std::byte> bytes, std::string_view what) {
  Picture picture;
  decode_jpeg(bytes, what, picture);
  return picture;
}

void decode_jpeg(std::span<const std::byte> bytes, std::string_view what, Picture& picture) {
  const Turbo turbo = new_decompressor();
  const PictureSize size = read_jpeg_header(turbo, bytes, what);
  picture.width = size.width;
  picture.height = size.height;
  picture.rgb.resize(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3);
  const int failed = tjDecompress2(turbo.get(),
                                   as_chars(bytes),
                                   bytes.size(),
                                   picture.rgb.data(),
                                   picture.width,
                                   0,
                                   picture.height,
                                   TJPF_RGB,
                                   TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS);
  if (failed != 0) fail_jpeg(turbo, what);
}

std::vector<std::byte> encode_jpeg(const Picture& picture, int quality, bool full_chroma) {
  const Turbo turbo = new_turbo(tjInitCompress());
  const int subsampling = full_chroma ? TJSAMP_444 : TJSAMP_420;
  std::vector<std::byte> bytes(tjBufSize(picture.width, picture.height, subsampling));
  auto* target = reinterpret_cast<unsigned char*>(bytes.data());
  unsigned long size = bytes.size();
  const int failed = tjCompress2(turbo.get(),
                                 picture.rgb.data(),
                                 picture.width,
                                 0,
                                 picture.height,
                                 TJPF_RGB,
                                 &target,
                                 &size,
                                 subsampling,
                                 quality,
                                 TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC);
  if (failed != 0) {
    throw DataError(fmt::format("cannot encode {} x {} JPEG of quality {}: {}",
                                picture.width,
                                picture.height,
                                quality,
                                tjGetErrorStr2(turbo.get())));
  }
  bytes.resize(size);
  return bytes;
}

Picture decode_png(std::span<const std::byte> bytes, std::string_view what) {
  PngPixels pixels = decode_png_pixels(bytes, 3, what);
  Picture picture;
  picture.width = pixels.width;
  picture.height = pixels.height;
  picture.rgb = std::move(pixels.bytes);
  return picture;
}

std::vector<std::byte> encode_png(const Picture& picture) {
  return encode_png_pixels({picture.width, picture.height, 3, picture.rgb});
}

Picture read_picture(const std::filesystem::path& path) {
  const std::string file = read_file(path);
  const auto bytes = std::as_bytes(std::span(file.data(), file.size()));
  if (begins_with(file, "\x89PNG\r\n\x1A\n")) return decode_png(bytes, path.string());
  if (begins_with(file, "\xFF\xD8\xFF")) return decode_jpeg(bytes, path.string());
  throw DataError(fmt::format("{}: is no PNG or JPEG picture: it {}", path.string(), seeming_format(file)));
}

void write_png(const std::filesystem::path& path, const Picture& picture, const FileSystem& files) {
  AtomicFile file(path, files);
  file.write(encode_png(picture));
  file.commit();
}

}  // namespace understudy
