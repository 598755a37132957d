#include "data_pipeline/synthetic_head.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/face_geometry.h"
#include "data_pipeline/head_painter.h"

namespace understudy {
namespace {

constexpr int kSmallest = 16;

std::uint8_t as_byte(double value) {
  return static_cast<std::uint8_t>(255.0 * synthetic::clamp01(value) + 0.5);
}

}  // namespace

RenderedHead render_head(const IdentityParameters& identity,
                         const HeadPose& pose,
                         const ExpressionParameters& expression,
                         int size) {
  if (size < kSmallest) {
    throw DataError(
        fmt::format("a head of {} x {} pixels cannot be drawn; the smallest side is {}", size, size, kSmallest));
  }
  const double pixel_width = 2.0 / (synthetic::kZoom * size);
  const double middle = 0.5 * size;
  const synthetic::FaceGeometry geometry(identity, pose, expression);
  const synthetic::HeadPainter painter(identity, geometry, pixel_width);
  RenderedHead head{.picture = Picture(size, size), .landmarks = geometry.landmarks(), .mask = {size, size, {}}};
  head.mask.coverage.resize(static_cast<std::size_t>(size) * static_cast<std::size_t>(size));
  std::size_t at = 0;
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x, ++at) {
      const auto pixel = painter.paint({(x + 0.5 - middle) * pixel_width, (y + 0.5 - middle) * pixel_width});
      std::uint8_t* rgb = head.picture.pixel(x, y);
      rgb[0] = as_byte(pixel.colour.r);
      rgb[1] = as_byte(pixel.colour.g);
      rgb[2] = as_byte(pixel.colour.b);
      head.mask.coverage[at] = as_byte(pixel.coverage);
    }
  }
  return head;
}

}  // namespace understudy
