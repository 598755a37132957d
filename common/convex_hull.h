#pragma once

#include <array>
#include <span>

namespace understudy {

/// Area of the convex hull of points in the plane; 0 for fewer than three points or points on one line.
/// FSRT's adapted scale is the square root of the ratio of two such areas (ten keypoints each, (x, y) order).
double convex_hull_area(std::span<const std::array<double, 2>> points);

}  // namespace understudy
