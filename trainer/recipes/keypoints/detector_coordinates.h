#pragma once

#include <array>

#include <ATen/core/Tensor.h>

#include "data_pipeline/landmarks.h"
#include "models/fsrt/fsrt_config.h"

namespace understudy {

/// The affine relation between detector coordinates and the picture. Because of the unpadded 7x7 convolution and the
/// sampling from index 0, -1 and 1 are not the edges of the picture: at 256 pixels they are pixels 12 and 240.
class DetectorCoordinates {
 public:
  explicit DetectorCoordinates(const FsrtModelConfig& config);

  /// Detector coordinate of a pixel position (pixel centres at whole numbers) of an image_size picture.
  double from_pixel(double pixel) const;
  double to_pixel(double coordinate) const;
  /// To and from coordinates in which the picture spans (-1, 1), as grid_sample takes them with unaligned corners.
  at::Tensor to_span(const at::Tensor& coordinates) const;

 private:
  double image_size_;
  double scale_;
  double positions_;  ///< heatmap positions along a side
};

/// Ten points of the face in pixels of the landmarks' reference picture, (x, y) each: eye centres, nose tip, mouth
/// corners, chin, both sides of the jaw, brow centres.
std::array<float, 20> ten_points(const Landmarks68& landmarks);

}  // namespace understudy
