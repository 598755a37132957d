#pragma once

#include <cstdint>
#include <vector>

#include "trainer/recipe.h"

namespace understudy {

/// Neighbouring values of a curve, taken together.
struct CurvePoint {
  Iteration first = 0;
  Iteration last = 0;
  std::size_t phase = 0;  ///< number of the phase that all of them belong to
  double least = 0.0;
  double greatest = 0.0;
  double sum = 0.0;
  std::int64_t values = 0;

  double mean() const { return sum / static_cast<double>(values); }
  void take_in(const CurvePoint& next);
  double middle() const { return 0.5 * (static_cast<double>(first) + static_cast<double>(last)); }
};

/// A curve of any length in bounded memory: where it has more points than a screen has columns, neighbours of a phase
/// are taken together, with their smallest and greatest value, so that no spike is lost.
class Curve {
 public:
  /// @param value  kept apart where it is not finite. Iterations and phases ascend
  void add(Iteration iteration, std::size_t phase, double value);

  const std::vector<CurvePoint>& points() const { return points_; }
  std::int64_t values() const { return values_; }
  double last() const { return last_; }
  /// The first iterations whose value is not finite, a few hundred at most.
  const std::vector<Iteration>& not_finite() const { return not_finite_; }

 private:
  void halve();

  std::vector<CurvePoint> points_;
  std::int64_t together_ = 1;  ///< values of a full point
  std::int64_t values_ = 0;
  double last_ = 0.0;
  std::vector<Iteration> not_finite_;
};

}  // namespace understudy
