#include "trainer/report/axis.h"

#include <algorithm>
#include <cmath>

namespace understudy {
namespace {

/// Values that lie further apart than this are shown by their logarithms.
constexpr double kFarApart = 20.0;
constexpr double kMargin = 0.04;  // of the axis, beyond the outermost values

/// 1, 2 or 5 times a power of ten, such that at most five steps fit.
double round_step(double range) {
  const double power = std::pow(10.0, std::floor(std::log10(range / 5.0)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (range / (factor * power) <= 5.0) return factor * power;
  }
  return 10.0 * power;
}

std::vector<double> even_ticks(double low, double high) {
  const double step = round_step(high - low);
  std::vector<double> ticks;
  for (double number = std::ceil(low / step - 1e-9); number * step <= high + 1e-9 * step; ++number)
    ticks.push_back(number == 0.0 ? 0.0 : number * step);
  return ticks;
}

std::vector<double> logarithmic_ticks(double low, double high) {
  const double decades = std::log10(high / low);
  const double every = std::ceil(decades / 5.0);
  const std::vector<double> factors = decades < 2.0 ? std::vector{1.0, 2.0, 5.0} : std::vector{1.0};
  std::vector<double> ticks;
  for (double decade = std::floor(std::log10(low)); decade <= std::log10(high); decade += every) {
    for (const double factor : factors) {
      const double tick = factor * std::pow(10.0, decade);
      if (tick >= low && tick <= high) ticks.push_back(tick);
    }
  }
  return ticks;
}

}  // namespace

Axis::Axis(double low, double high, bool logarithmic)
    : low_(low),
      high_(high),
      logarithmic_(logarithmic),
      ticks_(logarithmic ? logarithmic_ticks(low, high) : even_ticks(low, high)) {}

Axis Axis::of_values(double least, double greatest) {
  if (least > 0.0 && greatest / least > kFarApart) {
    const double margin = std::pow(greatest / least, kMargin);
    return Axis(least / margin, greatest * margin, true);
  }
  const double smallest_range = std::max(1e-12, 1e-3 * std::max(std::abs(least), std::abs(greatest)));
  const double margin = std::max(kMargin * (greatest - least), 0.5 * (smallest_range - (greatest - least)));
  return Axis(least - margin, greatest + margin, false);
}

Axis Axis::of_iterations(double end) {
  return Axis(0.0, std::max(end, 1.0), false);
}

double Axis::place(double value) const {
  if (!logarithmic_) return (value - low_) / (high_ - low_);
  return value <= low_ ? 0.0 : std::log(value / low_) / std::log(high_ / low_);
}

}  // namespace understudy
