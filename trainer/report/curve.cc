#include "trainer/report/curve.h"

#include <algorithm>
#include <cmath>

namespace understudy {
namespace {

constexpr std::size_t kMostPoints = 800;
constexpr std::size_t kMostNotFinite = 400;

}  // namespace

void CurvePoint::take_in(const CurvePoint& next) {
  last = next.last;
  least = std::min(least, next.least);
  greatest = std::max(greatest, next.greatest);
  sum += next.sum;
  values += next.values;
}

void Curve::add(Iteration iteration, std::size_t phase, double value) {
  if (!std::isfinite(value)) {
    if (not_finite_.size() < kMostNotFinite) not_finite_.push_back(iteration);
    return;
  }
  ++values_;
  last_ = value;
  const CurvePoint point{iteration, iteration, phase, value, value, value, 1};
  if (!points_.empty() && points_.back().phase == phase && points_.back().values < together_) {
    points_.back().take_in(point);
    return;
  }
  points_.push_back(point);
  if (points_.size() > kMostPoints) halve();
}

/// Takes pairs together; of phases shorter than a point there are few.
void Curve::halve() {
  std::vector<CurvePoint> fewer;
  together_ *= 2;
  for (const CurvePoint& point : points_) {
    const bool fits =
        !fewer.empty() && fewer.back().phase == point.phase && fewer.back().values + point.values <= together_;
    if (fits) {
      fewer.back().take_in(point);
    } else {
      fewer.push_back(point);
    }
  }
  points_ = std::move(fewer);
}

}  // namespace understudy
