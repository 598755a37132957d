#include "data_pipeline/portable_math.h"

#include <cmath>
#include <numbers>

#include "data_pipeline/synthetic_math.h"

namespace understudy {
namespace {

constexpr double kLn2High = 0x1.62e42fee00000p-1;  // so short that its product with an exponent is exact
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

}  // namespace

double portable_exp(double x) {
  if (x < -700.0) return 0.0;
  const double power = std::floor(x * std::numbers::log2e + 0.5);
  const double rest = (x - power * kLn2High) - power * kLn2Low;  // at most ln(2) / 2 in size
  double series = 1.0;
  for (int i = 13; i > 0; --i) series = 1.0 + rest / i * series;
  return std::ldexp(series, static_cast<int>(power));
}

double portable_log(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < std::numbers::sqrt2 / 2) {
    mantissa *= 2;
    --exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;  // at most 0.03
  double series = 0.0;
  for (int i = 19; i > 0; i -= 2) series = 1.0 / i + square * series;
  return exponent * kLn2High + (exponent * kLn2Low + 2 * s * series);
}

std::pair<double, double> portable_normals(Draws& draws) {
  const double radius = std::sqrt(-2.0 * portable_log(1.0 - draws.uniform()));
  const double turns = draws.uniform();
  return {radius * synthetic::sine_of_turns(turns + 0.25), radius * synthetic::sine_of_turns(turns)};
}

}  // namespace understudy
