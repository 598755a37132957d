#include "data_pipeline/planar_picture.h"

#include <cstring>

namespace understudy {
namespace {

/// Planes of one row.
struct Row {
  std::uint8_t* red;
  std::uint8_t* green;
  std::uint8_t* blue;
};

UNDERSTUDY_INLINE void split_body(const std::uint8_t* rgb, int width, Row row) {
  for (int x = 0; x < width; ++x) {
    row.red[x] = rgb[3 * x];
    row.green[x] = rgb[3 * x + 1];
    row.blue[x] = rgb[3 * x + 2];
  }
}

UNDERSTUDY_INLINE void split_mirrored_body(const std::uint8_t* rgb, int width, Row row) {
  for (int x = 0; x < width; ++x) {
    row.red[width - 1 - x] = rgb[3 * x];
    row.green[width - 1 - x] = rgb[3 * x + 1];
    row.blue[width - 1 - x] = rgb[3 * x + 2];
  }
}

using Split = void (*)(const std::uint8_t* rgb, int width, Row row);
UNDERSTUDY_AVX2 void split_avx2(const std::uint8_t* rgb, int width, Row row) {
  split_body(rgb, width, row);
}
void split_default(const std::uint8_t* rgb, int width, Row row) {
  split_body(rgb, width, row);
}
UNDERSTUDY_AVX2 void split_mirrored_avx2(const std::uint8_t* rgb, int width, Row row) {
  split_mirrored_body(rgb, width, row);
}
void split_mirrored_default(const std::uint8_t* rgb, int width, Row row) {
  split_mirrored_body(rgb, width, row);
}

Split choose_split(bool mirrored, CodePath path) {
  if (use_avx2(path)) return mirrored ? split_mirrored_avx2 : split_avx2;
  return mirrored ? split_mirrored_default : split_default;
}

}  // namespace

void PlanarPicture::resize(int width, int height) {
  width_ = width;
  height_ = height;
  plane_bytes_ = (pixels() + kPadding + 63) / 64 * 64;
  bytes_.resize(3 * plane_bytes_);
  for (int channel = 0; channel < 3; ++channel) std::memset(plane(channel) + pixels(), 0, plane_bytes_ - pixels());
}

void to_planar(const Picture& picture, bool flip, PlanarPicture& planar, CodePath path) {
  planar.resize(picture.width, picture.height);
  const Split split = choose_split(flip, path);
  for (int y = 0; y < picture.height; ++y) {
    const std::size_t row = static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width);
    split(picture.pixel(0, y), picture.width, {planar.plane(0) + row, planar.plane(1) + row, planar.plane(2) + row});
  }
}

Picture to_picture(const PlanarPicture& planar) {
  Picture picture(planar.width(), planar.height());
  for (std::size_t i = 0; i < planar.pixels(); ++i) {
    for (int channel = 0; channel < 3; ++channel) {
      picture.rgb[3 * i + static_cast<std::size_t>(channel)] = planar.plane(channel)[i];
    }
  }
  return picture;
}

}  // namespace understudy
