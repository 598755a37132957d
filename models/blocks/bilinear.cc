#include "models/blocks/bilinear.h"

#include <cmath>
#include <vector>

#include <torch/torch.h>

#include "models/blocks/autocast.h"

namespace understudy {
namespace {

/// Where the values of a row of points come from, in steps between `from` points.
using Places = std::vector<double>;

/// `to` evenly spread points, the first and the last of both rows at the same places.
Places aligned_places(std::int64_t from, std::int64_t to) {
  Places places(static_cast<std::size_t>(to));
  const double step = to > 1 ? static_cast<double>(from - 1) / static_cast<double>(to - 1) : 0.0;
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = step * static_cast<double>(i);
  return places;
}

/// As many points as there are, drawn together towards their middle.
Places central_places(std::int64_t count, double share) {
  Places places(static_cast<std::size_t>(count));
  const double middle = static_cast<double>(count - 1) / 2;
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = middle + share * (static_cast<double>(i) - middle);
  return places;
}

/// @param places  in [0, from - 1]  @return [places, from], double, at most two weights a row
at::Tensor interpolation_weights(std::int64_t from, const Places& places) {
  const auto to = static_cast<std::int64_t>(places.size());
  at::Tensor weights = at::zeros({to, from}, at::kDouble);
  auto entries = weights.accessor<double, 2>();
  for (std::int64_t i = 0; i < to; ++i) {
    const double place = places[static_cast<std::size_t>(i)];
    const std::int64_t left = std::min(static_cast<std::int64_t>(std::floor(place)), from - 1);
    const std::int64_t right = std::min(left + 1, from - 1);
    const double share = place - static_cast<double>(left);
    entries[i][left] += 1.0 - share;
    entries[i][right] += share;
  }
  return weights;
}

at::Tensor interpolated(const at::Tensor& pictures, const Places& y, const Places& x) {
  const ProductsScope exact(pictures.device().type(), Products::kAsGiven);
  const at::Tensor rows = interpolation_weights(pictures.size(2), y).to(pictures.options());
  const at::Tensor columns = interpolation_weights(pictures.size(3), x).to(pictures.options());
  return at::matmul(rows, at::matmul(pictures, columns.t()));
}

}  // namespace

at::Tensor resize_by_products(const at::Tensor& pictures, std::int64_t height, std::int64_t width) {
  return interpolated(pictures, aligned_places(pictures.size(2), height), aligned_places(pictures.size(3), width));
}

at::Tensor resize_bilinear_aligned(const at::Tensor& pictures, std::int64_t height, std::int64_t width) {
  if (pictures.is_cuda()) return resize_by_products(pictures, height, width);
  return at::upsample_bilinear2d(pictures, {height, width}, /*align_corners=*/true);
}

at::Tensor magnify_centre(const at::Tensor& pictures, double share) {
  return interpolated(pictures, central_places(pictures.size(2), share), central_places(pictures.size(3), share));
}

}  // namespace understudy
