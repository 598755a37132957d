#include "data_pipeline/fsrt_crops.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace understudy {
namespace {

constexpr double kSide = 256.0;
constexpr double kLast = 255.0;

std::uint32_t at_least_one(double bound) {
  return static_cast<std::uint32_t>(std::max(1.0, bound));
}

int native_pixels(double margin, int native_side) {
  return static_cast<int>(std::nearbyint(margin * static_cast<double>(native_side) / kSide));
}

/// What one axis of the crop does to coordinates.
struct AxisTransform {
  int first = 0;
  int length = 0;
  float scale = 1.0F;
  float shift = 0.0F;
  bool valid = false;
};

AxisTransform transform_axis(std::uint32_t before, std::uint32_t after, int native_side) {
  const int cut_before = native_pixels(before, native_side);
  const int cut_after = native_pixels(after, native_side);
  AxisTransform axis{.first = cut_before, .length = native_side - cut_before - cut_after};
  if (axis.length < 1) return axis;
  const double scale = static_cast<double>(native_side) / axis.length;
  const double shift = static_cast<double>(cut_after - cut_before) / native_side;
  axis.scale = static_cast<float>(scale);
  axis.shift = static_cast<float>(shift);
  axis.valid = (shift - 1.0) * scale >= -2.0 && (shift + 1.0) * scale <= 2.0;
  return axis;
}

/// First pixel and number of pixels that are left, or the whole axis where nothing is.
std::pair<int, int> cut_axis(std::uint32_t before, std::uint32_t after, int native_side) {
  const int first = native_pixels(before, native_side);
  return {first, native_side - first - native_pixels(after, native_side)};
}

}  // namespace

LandmarkBox landmark_box(std::span<const Landmarks68> landmarks, float reference_size, bool flip) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  LandmarkBox box{kInfinity, kInfinity, -kInfinity, -kInfinity};
  const double unit = kSide / static_cast<double>(reference_size);
  for (const Landmarks68& face : landmarks) {
    for (std::size_t i = 0; i < face.xy.size(); i += 2) {
      const double stored = static_cast<double>(face.xy[i]) * unit;
      const double x = flip ? kLast - stored : stored;
      const double y = static_cast<double>(face.xy[i + 1]) * unit;
      box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x), std::max(box.bottom, y)};
    }
  }
  return box;
}

CropMargins out_of_frame_bounds(const LandmarkBox& box) {
  const double side = std::nearbyint(0.2 * (box.right - box.left));
  const double height = box.bottom - box.top;
  const double left = std::nearbyint(std::max(0.0, box.left - side));
  const double right = std::nearbyint(std::min(kLast, box.right + side));
  const double top = std::nearbyint(std::max(0.0, box.top - std::nearbyint(0.5 * height)));
  const double bottom = std::nearbyint(std::min(kLast, box.bottom + std::nearbyint(0.15 * height)));
  return {.left = at_least_one(left),
          .right = at_least_one(kLast - right),
          .top = at_least_one(top),
          .bottom = at_least_one(kLast - bottom)};
}

CropMargins face_crop_bounds(const LandmarkBox& box) {
  const double height = box.bottom - box.top;
  const double top = std::max(box.top - std::nearbyint(0.25 * height), 0.0);
  const double bottom = std::min(box.bottom + std::nearbyint(0.05 * height), kLast);
  return {.left = at_least_one(std::floor(std::max(box.left, 0.0))),
          .right = at_least_one(kSide - std::floor(std::min(box.right, kLast))),
          .top = at_least_one(std::floor(top)),
          .bottom = at_least_one(kSide - std::floor(bottom))};
}

CropTransform out_of_frame_crop(const CropMargins& margins, int width, int height) {
  const AxisTransform x = transform_axis(margins.left, margins.right, width);
  const AxisTransform y = transform_axis(margins.top, margins.bottom, height);
  return {.region = {x.first, y.first, x.length, y.length},
          .scale = {x.scale, y.scale},
          .shift = {x.shift, y.shift},
          .valid = x.valid && y.valid};
}

Rectangle face_crop(const CropMargins& margins, int width, int height) {
  const auto [left, columns] = cut_axis(margins.left, margins.right, width);
  const auto [top, rows] = cut_axis(margins.top, margins.bottom, height);
  if (columns < 1 || rows < 1) return {0, 0, width, height};
  return {left, top, columns, rows};
}

}  // namespace understudy
