#include "common/convex_hull.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace understudy {
namespace {

using Point = std::array<double, 2>;

/// Twice the signed area of the triangle; positive when a, b, c turn left.
double turn(const Point& a, const Point& b, const Point& c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/// Lower hull of sorted points from left to right (Andrew's monotone chain).
template <class Iterator>
std::vector<Point> half_hull(Iterator begin, Iterator end) {
  std::vector<Point> hull;
  for (Iterator point = begin; point != end; ++point) {
    while (hull.size() >= 2 && turn(hull[hull.size() - 2], hull.back(), *point) <= 0) hull.pop_back();
    hull.push_back(*point);
  }
  return hull;
}

}  // namespace

double convex_hull_area(std::span<const Point> points) {
  std::vector<Point> sorted(points.begin(), points.end());
  if (sorted.size() < 3) return 0;
  std::sort(sorted.begin(), sorted.end());
  std::vector<Point> hull = half_hull(sorted.begin(), sorted.end());
  const std::vector<Point> upper = half_hull(sorted.rbegin(), sorted.rend());
  hull.pop_back();  // each half begins where the other ends
  hull.insert(hull.end(), upper.begin(), upper.end() - 1);
  double doubled = 0;
  for (std::size_t i = 1; i + 1 < hull.size(); ++i) doubled += turn(hull[0], hull[i], hull[i + 1]);
  return doubled / 2;
}

}  // namespace understudy
