#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data_pipeline/cpu_dispatch.h"
#include "data_pipeline/picture.h"

namespace understudy {

/// Pixels [left, left + width) x [top, top + height) of a picture.
struct Rectangle {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
  bool operator==(const Rectangle&) const = default;
};

/// An 8-bit RGB picture as three planes, each followed by padding.
class PlanarPicture {
 public:
  /// Bytes after each plane, so that loops may run in whole blocks.
  static constexpr std::size_t kPadding = 512;

  /// Changes the size; pixels become undefined, the padding 0; memory is kept.
  void resize(int width, int height);

  int width() const { return width_; }
  int height() const { return height_; }
  std::size_t pixels() const { return static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_); }
  Rectangle frame() const { return {0, 0, width_, height_}; }
  std::uint8_t* plane(int channel) { return bytes_.data() + static_cast<std::size_t>(channel) * plane_bytes_; }
  const std::uint8_t* plane(int channel) const {
    return bytes_.data() + static_cast<std::size_t>(channel) * plane_bytes_;
  }

 private:
  int width_ = 0;
  int height_ = 0;
  std::size_t plane_bytes_ = 0;
  std::vector<std::uint8_t> bytes_;
};

/// Separates the channels, mirrored left to right when `flip` is set.
void to_planar(const Picture& picture, bool flip, PlanarPicture& planar, CodePath path = CodePath::kBest);

/// Joins the channels again.
Picture to_picture(const PlanarPicture& planar);

}  // namespace understudy
