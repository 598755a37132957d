#include "data_pipeline/face_geometry.h"

namespace understudy::synthetic {
namespace {

/// The head turns about the top of the neck.
constexpr Vector kPivot{0.0, 0.30, -0.05};
constexpr Vector kRest{0.0, -0.05, 0.0};

double as_double(float value) {
  return static_cast<double>(value);
}

FaceGeometry::Eye make_eye(const IdentityParameters& person, const ExpressionParameters& face, const Egg& head) {
  FaceGeometry::Eye eye;
  const double size = as_double(person.eye_size);
  const double open = std::max(as_double(face.eye_open), 0.0);
  const double squint = 1.0 - 0.22 * std::max(as_double(face.smile), 0.0);
  eye.x = 0.42 * head.width * as_double(person.eye_distance);
  eye.y = -0.06 * head.bottom;
  eye.half_width = 0.083 * size;
  eye.upper = 0.058 * size * open;
  eye.lower = 0.034 * size * mix(0.25, 1.0, std::min(open, 1.0)) * squint;
  eye.radius = 0.044 * size;
  eye.gaze = {0.032 * as_double(face.gaze_x) * size, -0.008 + 0.018 * as_double(face.gaze_y) * size};
  return eye;
}

FaceGeometry::Brow make_brow(const IdentityParameters& person,
                             const ExpressionParameters& face,
                             const FaceGeometry::Eye& eye) {
  FaceGeometry::Brow brow;
  brow.inner = eye.x - 0.095;
  brow.outer = eye.x + 0.115;
  brow.y = eye.y - 0.125 - 0.045 * as_double(face.brow_raise);
  brow.arch = 0.030 + 0.012 * as_double(face.brow_raise);
  brow.half_thickness = 0.0155 * as_double(person.brow_thickness);
  return brow;
}

FaceGeometry::Mouth make_mouth(const IdentityParameters& person, const ExpressionParameters& face, const Egg& head) {
  FaceGeometry::Mouth mouth;
  const double smile = as_double(face.smile);
  const double open = clamp01(as_double(face.mouth_open));
  mouth.y = 0.53 * head.bottom - 0.02 * open - 0.008 * smile;
  mouth.half_width = 0.128 * as_double(person.mouth_width) * (1.0 + 0.20 * smile - 0.12 * open);
  mouth.corner = -0.060 * smile;
  mouth.gap_up = 0.020 * open;
  mouth.gap_down = 0.105 * open;
  mouth.lip = 0.023 * as_double(person.lip_thickness) * (1.0 - 0.15 * smile);
  return mouth;
}

FaceGeometry::Nose make_nose(const IdentityParameters& person, const Egg& head) {
  const double size = as_double(person.nose_size);
  return {.bridge_y = -0.08 * head.bottom,
          .tip_y = 0.22 * head.bottom,
          .base_y = 0.22 * head.bottom + 0.045 * size,
          .radius = 0.052 * size,
          .rise = 0.075 * size};
}

/// From the outer to the inner end of the brow at the left of the picture, mirrored for the other.
constexpr std::array<double, 5> kBrowPlaces = {1.0, 0.76, 0.5, 0.25, 0.0};
constexpr double kJawHalfTurn = 0.285;  ///< the jaw line spans this part of a turn on either side of the chin

}  // namespace

double Egg::front(double x, double y) const {
  const double rest = 1.0 - square(x / width_at(y)) - square(y / height_at(y));
  return rest > 0.0 ? depth * std::sqrt(rest) : 0.0;
}

double FaceGeometry::Brow::at(double x) const {
  const double t = (x - inner) / (outer - inner);
  return y + 0.012 * (1.0 - t) - arch * 4.0 * t * (1.0 - 0.55 * t) * 0.62 + 0.018 * t * t;
}

double FaceGeometry::Mouth::outer_top(double x) const {
  const double dip = 0.30 * bump(square(x / (0.16 * half_width)));
  return inner_top(x) - lip * bow(x) * (1.0 - dip);
}

double FaceGeometry::Mouth::outer_bottom(double x) const {
  return inner_bottom(x) + 1.25 * lip * bow(x);
}

double FaceGeometry::upper_lid(double x) const {
  return eye.y - eye.upper * std::max(0.0, 1.0 - square(x / eye.half_width)) +
         0.008 * (1.0 - clamp01(eye.upper / 0.03));
}

double FaceGeometry::lower_lid(double x) const {
  return eye.y + eye.lower * std::max(0.0, 1.0 - square(x / eye.half_width));
}

FaceGeometry::FaceGeometry(const IdentityParameters& identity,
                           const HeadPose& pose,
                           const ExpressionParameters& expression)
    : rotation_(rotation_of(pose)) {
  const double width = as_double(identity.head_width);
  const double height = as_double(identity.head_height);
  head_ = {.centre = {},
           .width = width,
           .top = height,
           .bottom = height + 0.055 * clamp01(as_double(expression.mouth_open)),
           .depth = 1.02 * width,
           .taper = 0.26 - 0.13 * as_double(identity.jaw)};
  const double volume = as_double(identity.hair_volume);
  hair_ = {.centre = {0.0, -0.02 - 0.02 * volume, -0.03},
           .width = width * (1.07 + 0.13 * volume),
           .top = height * (1.05 + 0.11 * volume),
           .bottom = height * (1.0 + 0.75 * as_double(identity.hair_length)),
           .depth = head_.depth * (1.06 + 0.05 * volume),
           .taper = -0.10};
  eye = make_eye(identity, expression, head_);
  brow = make_brow(identity, expression, eye);
  mouth = make_mouth(identity, expression, head_);
  nose = make_nose(identity, head_);
  origin_ = kRest + Vector{as_double(expression.shift_x), as_double(expression.shift_y), 0.0};
}

Hit FaceGeometry::look_at(const Egg& egg, Place place, double soft) const {
  const Vector start = rotation_.apply_inverse(Vector{place.x, place.y, 0.0} - origin_ - kPivot) + kPivot - egg.centre;
  const Vector along = rotation_.apply_inverse({0.0, 0.0, 1.0});
  // The half axes depend on the height of the point that is looked for, so they are refined a few times.
  Hit hit{.point = start, .back = start, .normal = {0.0, 0.0, 1.0}, .coverage = 0.0};
  double width = 0.0;
  double height = 0.0;
  for (int round = 0; round < 4; ++round) {
    width = egg.width_at(hit.point.y);
    height = egg.height_at(hit.point.y);
    const Vector p{start.x / width, start.y / height, start.z / egg.depth};
    const Vector d{along.x / width, along.y / height, along.z / egg.depth};
    const double dd = dot(d, d);
    const double middle = -dot(p, d) / dd;
    const double rest = 1.0 - dot(p, p) + square(middle) * dd;  // 1 in the centre, 0 on the outline
    const double reach = rest > 0.0 ? std::sqrt(rest / dd) : 0.0;
    hit.point = start + (middle + reach) * along;
    hit.back = start + (middle - reach) * along;
    hit.coverage = clamp01(0.5 + 0.5 * rest * std::min(width, height) / soft);
    if (hit.coverage <= 0.0) return hit;
  }
  const Vector local{hit.point.x / square(width), hit.point.y / square(height), hit.point.z / square(egg.depth)};
  hit.normal = normalised(rotation_.apply(local));
  return hit;
}

Place FaceGeometry::shift() const {
  return {origin_.x - kRest.x, origin_.y - kRest.y};
}

Place FaceGeometry::project(const Vector& point) const {
  const Vector seen = rotation_.apply(point - kPivot) + kPivot + origin_;
  return {seen.x, seen.y};
}

double FaceGeometry::depth_of(const Vector& point) const {
  return rotation_.apply(point - kPivot).z;
}

std::array<Place, 68> FaceGeometry::landmark_places() const {
  std::array<Place, 68> places{};
  const auto face = [this](double x, double y, double out = 0.0) { return project(on_face(x, y, out)); };
  for (std::size_t i = 0; i < 17; ++i) {
    const double turns = kJawHalfTurn * (static_cast<double>(i) / 8.0 - 1.0);
    const double y = 0.965 * head_.bottom * sine_of_turns(turns + 0.25);
    places[i] = face(0.965 * head_.width_at(y) * sine_of_turns(turns), y);
  }
  for (std::size_t i = 0; i < 5; ++i) {
    const double x = mix(brow.inner, brow.outer, kBrowPlaces[i]);
    places[17 + i] = face(-x, brow.at(x));
    places[26 - i] = face(x, brow.at(x));
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const double t = static_cast<double>(i) / 3.0;
    places[27 + i] = face(0.0, mix(nose.bridge_y, nose.tip_y, t), nose.rise * mix(0.15, 1.0, t));
  }
  for (std::size_t i = 0; i < 5; ++i) {
    const double t = static_cast<double>(i) / 2.0 - 1.0;
    places[31 + i] = face(1.15 * nose.radius * t, nose.base_y - 0.012 * t * t, nose.rise * (0.62 - 0.45 * t * t));
  }
  constexpr std::array<double, 6> kLidPlaces = {-1.0, -0.4, 0.4, 1.0, 0.4, -0.4};
  for (std::size_t i = 0; i < 6; ++i) {
    const double x = kLidPlaces[i] * eye.half_width;
    const double y = i < 4 ? upper_lid(x) : lower_lid(x);
    places[36 + i] = face(x - eye.x, y);
    places[42 + i] = face(x + eye.x, y);
  }
  for (std::size_t i = 0; i < 7; ++i) {
    const double x = mouth.half_width * (static_cast<double>(i) / 3.0 - 1.0);
    places[48 + i] = face(x, mouth.outer_top(x));
    if (i > 0 && i < 6) places[60 - i] = face(x, mouth.outer_bottom(x));
  }
  for (std::size_t i = 0; i < 5; ++i) {
    const double x = 0.8 * mouth.half_width * (static_cast<double>(i) / 2.0 - 1.0);
    places[60 + i] = face(x, mouth.inner_top(x));
    if (i > 0 && i < 4) places[68 - i] = face(x, mouth.inner_bottom(x));
  }
  return places;
}

Landmarks68 FaceGeometry::landmarks() const {
  Landmarks68 landmarks;
  const std::array<Place, 68> places = landmark_places();
  for (std::size_t i = 0; i < places.size(); ++i) {
    landmarks.xy[2 * i] = static_cast<float>((kZoom * places[i].x + 1.0) * 128.0 - 0.5);
    landmarks.xy[2 * i + 1] = static_cast<float>((kZoom * places[i].y + 1.0) * 128.0 - 0.5);
  }
  return landmarks;
}

}  // namespace understudy::synthetic
