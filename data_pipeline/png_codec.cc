#include "data_pipeline/png_codec.h"

#include <csetjmp>
#include <cstring>
#include <string>

#include <fmt/format.h>
#include <png.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::uint32_t kLargestSide = 65500;
constexpr std::uint64_t kMostPixels = 200'000'000;  // a damaged header must not ask for all memory of the machine

/// libpng leaves its functions by longjmp, so whatever owns memory lives here, outside the frames that are jumped over.
struct Coder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::byte> input;
  std::vector<std::byte> output;
  PngPixels pixels;
  std::vector<png_bytep> rows;
  std::string error;
};

void on_error(png_structp png, png_const_charp message) {
  static_cast<Coder*>(png_get_error_ptr(png))->error = message;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void take_input(png_structp png, png_bytep target, png_size_t size) {
  auto& coder = *static_cast<Coder*>(png_get_io_ptr(png));
  if (size > coder.input.size()) png_error(png, "the file ends too early");
  std::memcpy(target, coder.input.data(), size);
  coder.input = coder.input.subspan(size);
}

void keep_output(png_structp png, png_bytep data, png_size_t size) {
  auto& coder = *static_cast<Coder*>(png_get_io_ptr(png));
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  coder.output.insert(coder.output.end(), bytes, bytes + size);
}

void nothing_to_flush(png_structp) {}

void point_at_rows(Coder& coder) {
  const auto stride = static_cast<std::size_t>(coder.pixels.width) * static_cast<std::size_t>(coder.pixels.channels);
  coder.rows.resize(static_cast<std::size_t>(coder.pixels.height));
  for (std::size_t y = 0; y < coder.rows.size(); ++y) coder.rows[y] = coder.pixels.bytes.data() + y * stride;
}

void ask_for_channels(Coder& coder) {
  const bool grey_file = (png_get_color_type(coder.png, coder.info) & PNG_COLOR_MASK_COLOR) == 0;
  png_set_expand(coder.png);
  png_set_scale_16(coder.png);
  png_set_strip_alpha(coder.png);
  if (coder.pixels.channels == 3 && grey_file) png_set_gray_to_rgb(coder.png);
  if (coder.pixels.channels == 1 && !grey_file) png_set_rgb_to_gray_fixed(coder.png, PNG_ERROR_ACTION_NONE, -1, -1);
  png_set_interlace_handling(coder.png);
  png_read_update_info(coder.png, coder.info);
}

bool read_all(Coder& coder) {
  if (setjmp(png_jmpbuf(coder.png)) != 0) return false;
  png_set_read_fn(coder.png, &coder, take_input);
  png_set_user_limits(coder.png, kLargestSide, kLargestSide);
  png_read_info(coder.png, coder.info);
  const std::uint64_t width = png_get_image_width(coder.png, coder.info);
  const std::uint64_t height = png_get_image_height(coder.png, coder.info);
  if (width * height > kMostPixels) png_error(coder.png, "the picture is unreasonably large");
  ask_for_channels(coder);
  coder.pixels.width = static_cast<int>(width);
  coder.pixels.height = static_cast<int>(height);
  coder.pixels.bytes.resize(width * height * static_cast<std::uint64_t>(coder.pixels.channels));
  if (png_get_rowbytes(coder.png, coder.info) * height != coder.pixels.bytes.size())
    png_error(coder.png, "odd row size");
  point_at_rows(coder);
  png_read_image(coder.png, coder.rows.data());
  png_read_end(coder.png, nullptr);
  return true;
}

bool write_all(Coder& coder) {
  if (setjmp(png_jmpbuf(coder.png)) != 0) return false;
  png_set_write_fn(coder.png, &coder, keep_output, nothing_to_flush);
  png_set_IHDR(coder.png,
               coder.info,
               static_cast<png_uint_32>(coder.pixels.width),
               static_cast<png_uint_32>(coder.pixels.height),
               8,
               coder.pixels.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  point_at_rows(coder);
  png_set_rows(coder.png, coder.info, coder.rows.data());
  png_write_png(coder.png, coder.info, PNG_TRANSFORM_IDENTITY, nullptr);
  return true;
}

}  // namespace

PngPixels decode_png_pixels(std::span<const std::byte> bytes, int channels, std::string_view what) {
  Coder coder;
  coder.input = bytes;
  coder.pixels.channels = channels;
  coder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &coder, on_error, on_warning);
  if (coder.png == nullptr) throw Error("libpng cannot be used: its version differs from the one compiled against");
  coder.info = png_create_info_struct(coder.png);
  const bool done = read_all(coder);
  png_destroy_read_struct(&coder.png, &coder.info, nullptr);
  if (!done) throw DataError(fmt::format("{}: cannot decode PNG: {}; replace the file", what, coder.error));
  return std::move(coder.pixels);
}

std::vector<std::byte> encode_png_pixels(const PngPixels& pixels) {
  Coder coder;
  coder.pixels = pixels;
  coder.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &coder, on_error, on_warning);
  if (coder.png == nullptr) throw Error("libpng cannot be used: its version differs from the one compiled against");
  coder.info = png_create_info_struct(coder.png);
  const bool done = write_all(coder);
  png_destroy_write_struct(&coder.png, &coder.info);
  if (!done) throw DataError(fmt::format("cannot encode {} x {} PNG: {}", pixels.width, pixels.height, coder.error));
  return std::move(coder.output);
}

}  // namespace understudy
