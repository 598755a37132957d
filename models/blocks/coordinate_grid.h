#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Grid with its end points at -1 and 1, for keypoint heatmaps: [height, width, 2], last dimension (x, y).
at::Tensor end_point_grid(std::int64_t height, std::int64_t width, at::ScalarType precision);

/// Centres of pixels in float32, for queries and the encoder: x = (j + 0.5 - w/2) / (w/2); [height, width, 2], last (x,
/// y).
at::Tensor pixel_grid(std::int64_t height, std::int64_t width);

/// Coordinates of row-major pixel indices y * size + x of a square picture, float32 [..., 2] (x, y).
/// @param pixels  int64, any shape
at::Tensor pixel_coordinates(const at::Tensor& pixels, std::int64_t size);

/// Gaussian heatmaps exp(-|g - k|^2 / (2 variance)) on the end-point grid.
/// @param keypoints  [n, k, 2]  @return [n, k, height, width]
at::Tensor gaussian_heatmaps(const at::Tensor& keypoints, std::int64_t height, std::int64_t width, double variance);

/// Softmax over the positions of logits / temperature. @param logits [n, k, h, w]
at::Tensor spatial_softmax(const at::Tensor& logits, double temperature);

/// Expected position under each heatmap on the end-point grid. @param heatmaps [n, k, h, w]  @return [n, k, 2]
at::Tensor expected_positions(const at::Tensor& heatmaps);

}  // namespace understudy
