#include "common/convex_hull.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "common/philox.h"

namespace understudy {
namespace {

using Point = std::array<double, 2>;

/// Area under the support function: exact for a polygon only in the limit, and computed without any hull.
double area_by_directions(const std::vector<Point>& points, int directions) {
  // A = 1/2 * integral of h(t)^2 - h'(t)^2 over t, where the farthest point p gives h = p.u(t) and h' = p.u'(t).
  double sum = 0;
  for (int i = 0; i < directions; ++i) {
    const double t = 2 * std::numbers::pi * (i + 0.5) / directions;
    const Point u{std::cos(t), std::sin(t)};
    const auto support = [&](const Point& p) { return p[0] * u[0] + p[1] * u[1]; };
    const Point& far = *std::max_element(
        points.begin(), points.end(), [&](const Point& a, const Point& b) { return support(a) < support(b); });
    const double slope = far[1] * u[0] - far[0] * u[1];
    sum += support(far) * support(far) - slope * slope;
  }
  return sum * std::numbers::pi / directions;
}

TEST(ConvexHull, AreaOfKnownShapes) {
  const std::vector<Point> square{{0, 0}, {2, 0}, {2, 3}, {0, 3}, {1, 1}, {2, 1.5}, {0, 0}};
  EXPECT_DOUBLE_EQ(convex_hull_area(square), 6.0);
  const std::vector<Point> triangle{{-1, -1}, {1, -1}, {0, 2}};
  EXPECT_DOUBLE_EQ(convex_hull_area(triangle), 3.0);
}

TEST(ConvexHull, AreaOfPointsWithoutExtentIsZero) {
  EXPECT_EQ(convex_hull_area({}), 0.0);
  EXPECT_EQ(convex_hull_area(std::vector<Point>{{1, 2}, {3, 4}}), 0.0);
  EXPECT_EQ(convex_hull_area(std::vector<Point>{{1, 1}, {2, 2}, {3, 3}, {-5, -5}}), 0.0);
  EXPECT_EQ(convex_hull_area(std::vector<Point>(5, Point{0.5, 0.25})), 0.0);
}

TEST(ConvexHull, AgreesWithTheSupportFunctionOnRandomPoints) {
  for (std::uint64_t sample = 0; sample < 20; ++sample) {
    Draws draws(1, Purpose::kTest, sample);
    std::vector<Point> points(10);
    for (Point& point : points) point = {draws.uniform(-1, 1), draws.uniform(-1, 1)};
    EXPECT_NEAR(convex_hull_area(points), area_by_directions(points, 20000), 1e-3);
  }
}

TEST(ConvexHull, OrderOfThePointsDoesNotMatter) {
  std::vector<Point> points{{0.1, 0.9}, {-0.7, 0.2}, {0.4, -0.8}, {0.9, 0.3}, {0, 0}};
  const double area = convex_hull_area(points);
  std::reverse(points.begin(), points.end());
  EXPECT_DOUBLE_EQ(convex_hull_area(points), area);
}

}  // namespace
}  // namespace understudy
