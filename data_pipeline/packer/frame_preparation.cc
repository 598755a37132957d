#include "data_pipeline/packer/frame_preparation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr int kLargestSide = 65500;  // of a JPEG
constexpr std::uint64_t kJpegHeader = 600;

/// a * b / c, rounded half up.
int scaled(int a, int b, int c) {
  return static_cast<int>((2 * std::int64_t{a} * b + c) / (2 * std::int64_t{c}));
}

PictureSize packed_size(PictureSize decoded, const FramePreparation& preparation) {
  if (preparation.width > 0) return {preparation.width, preparation.height};
  const int limit = preparation.max_size > 0 ? preparation.max_size : kLargestSide;
  if (preparation.square) {
    const int side = std::min({decoded.width, decoded.height, limit});
    return {side, side};
  }
  const int longer = std::max(decoded.width, decoded.height);
  if (longer <= limit) return decoded;
  return {std::max(1, scaled(decoded.width, limit, longer)), std::max(1, scaled(decoded.height, limit, longer))};
}

/// The largest centred part of a frame that has the aspect ratio of `packed`, to the pixel.
Rectangle centred_part(PictureSize decoded, PictureSize packed) {
  const bool wide = std::int64_t{decoded.width} * packed.height > std::int64_t{decoded.height} * packed.width;
  const int width = wide ? std::max(1, scaled(decoded.height, packed.width, packed.height)) : decoded.width;
  const int height = wide ? decoded.height : std::max(1, scaled(decoded.width, packed.height, packed.width));
  return {(decoded.width - width) / 2, (decoded.height - height) / 2, width, height};
}

}  // namespace

void require_valid(const FramePreparation& preparation) {
  std::vector<std::string> problems;
  const auto require = [&](bool holds, std::string_view what, int value, std::string_view remedy) {
    if (!holds) problems.push_back(fmt::format("{} = {}: {}", what, value, remedy));
  };
  const bool sized = preparation.width != 0 || preparation.height != 0;
  const auto is_side = [&](int side) { return sized ? side >= 1 && side <= kLargestSide : side == 0; };
  require(is_side(preparation.width), "width", preparation.width, "give width and height of 1 ... 65500, or neither");
  require(
      is_side(preparation.height), "height", preparation.height, "give width and height of 1 ... 65500, or neither");
  require(!sized || !preparation.square, "square", 1, "takes the place of a size; give one of them");
  require(preparation.max_size >= 0, "max size", preparation.max_size, "take 1 or more, or 0 for no limit");
  require(!sized || preparation.max_size == 0, "max size", preparation.max_size, "has no meaning beside a size");
  require(preparation.jpeg_quality >= 1 && preparation.jpeg_quality <= 100,
          "JPEG quality",
          preparation.jpeg_quality,
          "take 1 ... 100");
  require(preparation.stride >= 1, "stride", preparation.stride, "take 1 or more");
  require(preparation.min_frames >= 1, "least frames", preparation.min_frames, "take 1 or more");
  require(preparation.min_size >= 1, "least size", preparation.min_size, "take 1 or more pixels");
  if (!problems.empty()) throw DataError(fmt::format("frames cannot be prepared:\n  {}", fmt::join(problems, "\n  ")));
}

FrameGeometry frame_geometry(PictureSize decoded, const FramePreparation& preparation) {
  const PictureSize packed = packed_size(decoded, preparation);
  const Rectangle part = preparation.fit == FrameFit::kCrop ? centred_part(decoded, packed)
                                                            : Rectangle{0, 0, decoded.width, decoded.height};
  return {part, packed.width, packed.height};
}

std::uint64_t predicted_jpeg_bytes(int width, int height, const FramePreparation& preparation) {
  constexpr std::array<std::pair<int, double>, 5> kBytesPerPixel{
      {{1, 0.02}, {75, 0.10}, {90, 0.17}, {95, 0.24}, {100, 0.48}}};
  const auto above = std::find_if(kBytesPerPixel.begin() + 1, kBytesPerPixel.end() - 1, [&](const auto& entry) {
    return entry.first >= preparation.jpeg_quality;
  });
  const auto& [high_quality, high] = *above;
  const auto& [low_quality, low] = *(above - 1);
  const double share = static_cast<double>(preparation.jpeg_quality - low_quality) / (high_quality - low_quality);
  const double rate = (low + share * (high - low)) * (preparation.full_chroma ? 1.3 : 1.0);
  return kJpegHeader + static_cast<std::uint64_t>(std::lround(rate * width * height));
}

}  // namespace understudy
