#include "data_pipeline/synthetic_math.h"

#include <numbers>

namespace understudy::synthetic {
namespace {

double sine(double radians) {
  return sine_of_turns(radians / (2.0 * std::numbers::pi));
}
double cosine(double radians) {
  return sine_of_turns(radians / (2.0 * std::numbers::pi) + 0.25);
}

Rotation product(const Rotation& a, const Rotation& b) {
  Rotation result;
  for (int i = 0; i < 3; ++i) result.rows[i] = b.apply_inverse(a.rows[i]);
  return result;
}

}  // namespace

double sine_of_turns(double turns) {
  double t = turns - std::floor(turns + 0.5);  // -0.5 ... 0.5
  if (t > 0.25) t = 0.5 - t;
  if (t < -0.25) t = -0.5 - t;
  const double x = 2.0 * std::numbers::pi * t;
  const double s = x * x;
  // Taylor's series to x^13; the next term is below 7e-10 at a quarter turn.
  return x * (1.0 + s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 + s * (1.0 / 362880 + s * (-1.0 / 39916800 +
                                                                                                 s / 6227020800.0))))));
}

Rotation rotation_of(const HeadPose& pose) {
  const double yaw = static_cast<double>(pose.yaw);
  const double pitch = static_cast<double>(pose.pitch);
  const double roll = static_cast<double>(pose.roll);
  const Rotation about_y{{{cosine(yaw), 0.0, sine(yaw)}, {0.0, 1.0, 0.0}, {-sine(yaw), 0.0, cosine(yaw)}}};
  const Rotation about_x{{{1.0, 0.0, 0.0}, {0.0, cosine(pitch), sine(pitch)}, {0.0, -sine(pitch), cosine(pitch)}}};
  const Rotation about_z{{{cosine(roll), -sine(roll), 0.0}, {sine(roll), cosine(roll), 0.0}, {0.0, 0.0, 1.0}}};
  return product(about_z, product(about_x, about_y));
}

}  // namespace understudy::synthetic
