#include "losses/equivariance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/grid_sampler.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <ATen/ops/stack.h>

#include "common/philox.h"
#include "losses/shape_check.h"

namespace understudy {
namespace {

/// Numbers of at::grid_sampler, which has no enumerators of its own outside the native headers.
constexpr std::int64_t kBilinear = 0;
constexpr std::int64_t kReflectedBorder = 2;

void require_affine(const at::Tensor& affine, const at::Tensor& batch) {
  require_shape(affine.dim() == 3 && affine.size(0) == batch.size(0) && affine.size(1) == 2 && affine.size(2) == 3,
                affine,
                "one [2, 3] map a sample",
                "affine map");
}

void require_keypoints(const at::Tensor& points) {
  require_shape(points.dim() == 3 && points.size(2) == 2, points, "[B, K, 2]", "keypoints");
}

/// Sums of products element by element: a matrix product could order them by the number of threads.
at::Tensor mapped(const at::Tensor& affine, const at::Tensor& x, const at::Tensor& y, std::int64_t row) {
  const auto entry = [&](std::int64_t column) { return affine.select(1, row).select(1, column).unsqueeze(1); };
  return entry(0) * x + entry(1) * y + entry(2);
}

/// Pixel centres along an axis of the image, which spans (-1, 1).
at::Tensor pixel_centres(std::int64_t count, const at::TensorOptions& options) {
  return (at::arange(count, options) * 2 + (1 - count)) / static_cast<double>(count);
}

}  // namespace

at::Tensor random_affine(Draws& draws, double deviation) {
  at::Tensor affine = at::empty({2, 3}, at::kDouble);
  auto entries = affine.accessor<double, 2>();
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t column = 0; column < 3; ++column) {
      entries[row][column] = (row == column ? 1.0 : 0.0) + deviation * draws.normal();
    }
  }
  return affine;
}

at::Tensor apply_affine(const at::Tensor& affine, const at::Tensor& points) {
  require_keypoints(points);
  require_affine(affine, points);
  const at::Tensor map = affine.to(points.options());
  const at::Tensor x = points.select(2, 0);
  const at::Tensor y = points.select(2, 1);
  return at::stack({mapped(map, x, y, 0), mapped(map, x, y, 1)}, 2);
}

at::Tensor warp_pictures(const at::Tensor& pictures, const at::Tensor& affine) {
  require_shape(pictures.dim() == 4, pictures, "[B, C, H, W]", "pictures to warp");
  require_affine(affine, pictures);
  const std::int64_t height = pictures.size(2);
  const std::int64_t width = pictures.size(3);
  const at::Tensor x = pixel_centres(width, pictures.options()).expand({1, height, width}).flatten(1);
  const at::Tensor y = pixel_centres(height, pictures.options()).unsqueeze(1).expand({1, height, width}).flatten(1);
  const at::Tensor map = affine.to(pictures.options());
  const at::Tensor grid = at::stack({mapped(map, x, y, 0), mapped(map, x, y, 1)}, 2).view({-1, height, width, 2});
  return at::grid_sampler(pictures, grid, kBilinear, kReflectedBorder, /*align_corners=*/false);
}

at::Tensor equivariance_loss(const at::Tensor& keypoints,
                             const at::Tensor& warped_keypoints,
                             const at::Tensor& affine) {
  require_same_shape(keypoints, warped_keypoints, "equivariance loss");
  return (keypoints - apply_affine(affine, warped_keypoints)).abs().mean();
}

at::Tensor keypoint_regression_loss(const at::Tensor& keypoints, const at::Tensor& targets, double beta) {
  require_keypoints(keypoints);
  require_same_shape(keypoints, targets, "keypoint regression");
  return at::smooth_l1_loss(keypoints, targets, at::Reduction::Mean, beta);
}

}  // namespace understudy
