#include "trainer/recipes/keypoints/detector_coordinates.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include <ATen/ATen.h>

namespace understudy {

DetectorCoordinates::DetectorCoordinates(const FsrtModelConfig& config)
    : image_size_(static_cast<double>(config.image_size)),
      scale_(config.detector_scale),
      positions_(std::floor(image_size_ * scale_) - 6) {}

double DetectorCoordinates::from_pixel(double pixel) const {
  return 2.0 * (pixel * scale_ - 3.0) / (positions_ - 1.0) - 1.0;
}

double DetectorCoordinates::to_pixel(double coordinate) const {
  return ((coordinate + 1.0) / 2.0 * (positions_ - 1.0) + 3.0) / scale_;
}

at::Tensor DetectorCoordinates::to_span(const at::Tensor& coordinates) const {
  const double slope = (to_pixel(1.0) - to_pixel(0.0)) * 2.0 / image_size_;
  const double offset = (2.0 * to_pixel(0.0) + 1.0) / image_size_ - 1.0;
  return coordinates * slope + offset;
}

std::array<float, 20> ten_points(const Landmarks68& landmarks) {
  // First and last landmark (iBUG order, from 0) whose mean is the point.
  constexpr std::array<std::pair<int, int>, 10> kRanges = {
      {{36, 41}, {42, 47}, {30, 30}, {48, 48}, {54, 54}, {8, 8}, {3, 3}, {13, 13}, {17, 21}, {22, 26}}};
  std::array<float, 20> points{};
  for (std::size_t k = 0; k < kRanges.size(); ++k) {
    const auto [first, last] = kRanges[k];
    for (int i = first; i <= last; ++i) {
      points[2 * k] += landmarks.xy[static_cast<std::size_t>(2 * i)];
      points[2 * k + 1] += landmarks.xy[static_cast<std::size_t>(2 * i + 1)];
    }
    points[2 * k] /= static_cast<float>(last - first + 1);
    points[2 * k + 1] /= static_cast<float>(last - first + 1);
  }
  return points;
}

}  // namespace understudy
