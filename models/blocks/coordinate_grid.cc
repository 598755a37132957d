#include "models/blocks/coordinate_grid.h"

#include <torch/torch.h>

namespace understudy {
namespace {

at::Tensor end_points(std::int64_t count, at::ScalarType precision) {
  return at::arange(count, precision).div_(static_cast<double>(count - 1)).mul_(2.0).sub_(1.0);
}

at::Tensor centres(std::int64_t count) {
  const double half = static_cast<double>(count) / 2;
  return at::arange(count, at::kFloat).add_(0.5).sub_(half).div_(half);
}

at::Tensor grid_of(const at::Tensor& y, const at::Tensor& x) {
  const std::vector<at::Tensor> axes = at::meshgrid({y, x}, "ij");
  return at::stack({axes[1], axes[0]}, -1);
}

}  // namespace

at::Tensor end_point_grid(std::int64_t height, std::int64_t width, at::ScalarType precision) {
  return grid_of(end_points(height, precision), end_points(width, precision));
}

at::Tensor pixel_grid(std::int64_t height, std::int64_t width) {
  return grid_of(centres(height), centres(width));
}

at::Tensor pixel_coordinates(const at::Tensor& pixels, std::int64_t size) {
  const at::Tensor axis = centres(size).to(pixels.device());
  const at::Tensor row = at::floor_divide(pixels, size);
  return at::stack({axis.take(pixels - row * size), axis.take(row)}, -1);
}

at::Tensor gaussian_heatmaps(const at::Tensor& keypoints, std::int64_t height, std::int64_t width, double variance) {
  const at::Tensor grid = end_point_grid(height, width, keypoints.scalar_type()).to(keypoints.device());
  const at::Tensor difference = grid - keypoints.unsqueeze(2).unsqueeze(2);
  return difference.square_().sum(-1).mul_(-0.5).div_(variance).exp_();
}

at::Tensor spatial_softmax(const at::Tensor& logits, double temperature) {
  return at::softmax(logits.flatten(2) / temperature, 2).view_as(logits);
}

at::Tensor expected_positions(const at::Tensor& heatmaps) {
  const at::Tensor grid =
      end_point_grid(heatmaps.size(2), heatmaps.size(3), heatmaps.scalar_type()).to(heatmaps.device());
  return (heatmaps.unsqueeze(-1) * grid).sum(at::IntArrayRef{2, 3});
}

}  // namespace understudy
