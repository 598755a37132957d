#pragma once

#include <algorithm>
#include <cmath>

#include "data_pipeline/synthetic_head.h"

// Arithmetic of the synthetic heads. Only operations that IEEE 754 rounds correctly are used, because the C library's
// transcendental functions differ between machines in their last bits.
namespace understudy::synthetic {

struct Vector {
  double x = 0.0;
  double y = 0.0;
  double z = 0.0;
};

inline Vector operator+(const Vector& a, const Vector& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
inline Vector operator-(const Vector& a, const Vector& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
inline Vector operator*(double s, const Vector& a) {
  return {s * a.x, s * a.y, s * a.z};
}
inline double dot(const Vector& a, const Vector& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
inline Vector normalised(const Vector& a) {
  return (1.0 / std::sqrt(dot(a, a))) * a;
}

/// Sine of an angle given in turns, within 1e-9.
double sine_of_turns(double turns);

/// Rotation matrix, by rows.
struct Rotation {
  Vector rows[3];

  Vector apply(const Vector& v) const { return {dot(rows[0], v), dot(rows[1], v), dot(rows[2], v)}; }
  Vector apply_inverse(const Vector& v) const { return v.x * rows[0] + v.y * rows[1] + v.z * rows[2]; }
};

/// From the head's axes (x to the right of the picture, y down, z towards the viewer) to the camera's.
Rotation rotation_of(const HeadPose& pose);

inline double clamp01(double x) {
  return std::min(std::max(x, 0.0), 1.0);
}
inline double mix(double a, double b, double t) {
  return a + t * (b - a);
}
inline double square(double x) {
  return x * x;
}
/// Smooth step from 0 below `low` to 1 above `high`.
inline double ramp(double low, double high, double x) {
  const double t = clamp01((x - low) / (high - low));
  return t * t * (3.0 - 2.0 * t);
}
/// Coverage of a shape at signed distance d (negative inside), whose edge is `soft` wide.
inline double inside(double d, double soft) {
  return clamp01(0.5 - d / soft);
}
/// Signed distance to an ellipse, to first order at its edge.
inline double ellipse_distance(double x, double y, double radius_x, double radius_y) {
  const double r = std::sqrt(square(x / radius_x) + square(y / radius_y));
  const double slope = std::sqrt(square(x / square(radius_x)) + square(y / square(radius_y)));
  return slope > 0.0 ? r * (r - 1.0) / slope : -std::min(radius_x, radius_y);
}
/// A bump of height 1 and about unit width that needs no exponential.
inline double bump(double squared_distance) {
  return 1.0 / square(1.0 + squared_distance);
}

/// A colour in double, on its way through the layers of a picture.
struct Paint {
  double r = 0.0;
  double g = 0.0;
  double b = 0.0;

  static Paint of(const Colour& c) {
    return {static_cast<double>(c.red), static_cast<double>(c.green), static_cast<double>(c.blue)};
  }
  /// Lays another colour over this one.
  void cover(const Paint& top, double alpha) {
    *this = {mix(r, top.r, alpha), mix(g, top.g, alpha), mix(b, top.b, alpha)};
  }
};

inline Paint operator*(double s, const Paint& p) {
  return {s * p.r, s * p.g, s * p.b};
}
inline Paint blend(const Paint& a, const Paint& b, double t) {
  return {mix(a.r, b.r, t), mix(a.g, b.g, t), mix(a.b, b.b, t)};
}

}  // namespace understudy::synthetic
