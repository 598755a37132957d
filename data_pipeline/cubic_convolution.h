#pragma once

#include <array>

namespace understudy {

/// Weights of the four inputs around a place that lies `t`, 0 ... 1, beyond the second of them: cubic convolution with
/// a = -0.75 (Keys 1981), as OpenCV takes it.
inline std::array<double, 4> cubic_weights(double t) {
  constexpr double a = -0.75;
  const auto near = [](double x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };       // up to one away
  const auto far = [](double x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };  // one to two away
  return {far(1 + t), near(t), near(1 - t), far(2 - t)};
}

}  // namespace understudy
