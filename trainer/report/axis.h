#pragma once

#include <string>
#include <utility>
#include <vector>

namespace understudy {

/// One direction of a chart.
class Axis {
 public:
  /// Holds both values; logarithmic where both are positive and far apart. @pre  finite, least <= greatest
  static Axis of_values(double least, double greatest);
  /// From 0 to `end`, never logarithmic.
  static Axis of_iterations(double end);

  /// 0 at the low end, 1 at the high one. What a logarithmic axis cannot hold lies at the low end.
  double place(double value) const;
  bool logarithmic() const { return logarithmic_; }
  /// Two to six round values on it.
  const std::vector<double>& ticks() const { return ticks_; }

 private:
  Axis(double low, double high, bool logarithmic);

  double low_;
  double high_;
  bool logarithmic_;
  std::vector<double> ticks_;
};

}  // namespace understudy
