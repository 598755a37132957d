#include "models/blocks/bilinear.h"

#include <cmath>

#include <torch/torch.h>

#include "models/blocks/autocast.h"

namespace understudy {
namespace {

/// Weights with which `to` evenly spread points take their values from `from` points, the first and the last of both at
/// the same places: [to, from], at most two weights a row.
at::Tensor interpolation_weights(std::int64_t from, std::int64_t to) {
  at::Tensor weights = at::zeros({to, from}, at::kDouble);
  auto entries = weights.accessor<double, 2>();
  const double step = to > 1 ? static_cast<double>(from - 1) / static_cast<double>(to - 1) : 0.0;
  for (std::int64_t i = 0; i < to; ++i) {
    const double place = step * static_cast<double>(i);
    const std::int64_t left = std::min(static_cast<std::int64_t>(std::floor(place)), from - 1);
    const std::int64_t right = std::min(left + 1, from - 1);
    const double share = place - static_cast<double>(left);
    entries[i][left] += 1.0 - share;
    entries[i][right] += share;
  }
  return weights;
}

}  // namespace

at::Tensor resize_by_products(const at::Tensor& pictures, std::int64_t height, std::int64_t width) {
  const ProductsScope exact(pictures.device().type(), Products::kAsGiven);
  const at::Tensor rows = interpolation_weights(pictures.size(2), height).to(pictures.options());
  const at::Tensor columns = interpolation_weights(pictures.size(3), width).to(pictures.options());
  return at::matmul(rows, at::matmul(pictures, columns.t()));
}

at::Tensor resize_bilinear_aligned(const at::Tensor& pictures, std::int64_t height, std::int64_t width) {
  if (pictures.is_cuda()) return resize_by_products(pictures, height, width);
  return at::upsample_bilinear2d(pictures, {height, width}, /*align_corners=*/true);
}

}  // namespace understudy
