#include "data_pipeline/face_painter.h"

namespace understudy::synthetic {
namespace {

constexpr Paint kWhite{0.97, 0.96, 0.95};
constexpr Paint kBlack{0.06, 0.05, 0.06};
constexpr Paint kMouthHole{0.27, 0.06, 0.08};
constexpr Paint kTongue{0.80, 0.36, 0.38};
constexpr Paint kBlood{0.87, 0.30, 0.28};

double as_double(float value) {
  return static_cast<double>(value);
}

/// A soft round patch.
double patch(double x, double y, double radius_x, double radius_y) {
  return bump(square(x / radius_x) + square(y / radius_y));
}

}  // namespace

double brightness(const Vector& normal) {
  const Vector light = normalised({-0.42, -0.55, 0.80});
  const double direct = dot(normal, light);
  return 0.66 + 0.36 * clamp01(direct) + 0.08 * clamp01(direct + 0.4) - 0.12 * ramp(0.55, 0.0, normal.z);
}

FacePainter::FacePainter(const IdentityParameters& identity, const FaceGeometry& geometry)
    : person_(identity),
      face_(geometry),
      skin_(Paint::of(identity.skin)),
      hair_(Paint::of(identity.hair)),
      lips_(blend(0.86 * skin_, {0.76, 0.20, 0.27}, 0.22 + 0.5 * as_double(identity.lip_redness))),
      iris_(Paint::of(identity.iris)) {}

Paint FacePainter::paint(const Hit& hit, double soft) const {
  const double light = brightness(hit.normal);
  if (hit.point.z <= 0.0) return light * skin_;
  const double x = hit.point.x;
  const double y = hit.point.y;
  const double local_soft = soft / std::max(hit.normal.z, 0.35);
  Paint colour = complexion(x, y);
  if (person_.freckles > 0.0F) paint_freckles(x, y, local_soft, colour);
  if (person_.beard > 0.0F) paint_beard(x, y, colour);
  paint_mouth(x, y, local_soft, colour);
  colour = light * colour;
  paint_eye(x < 0.0 ? x + face_.eye.x : x - face_.eye.x, y, local_soft, light, colour);
  paint_brow(std::abs(x), y, local_soft, colour);
  return colour;
}

Paint FacePainter::complexion(double x, double y) const {
  const Egg& head = face_.head();
  const double side = std::abs(x);
  Paint colour = skin_;
  colour.cover(kBlood, 0.23 * patch(side - 0.55 * head.width, y - 0.27 * head.bottom, 0.11, 0.09));
  const double socket = patch(side - face_.eye.x, y - face_.eye.y + 0.025, 0.13, 0.075);
  const double under_nose = patch(x, y - face_.nose.base_y - 0.012, 0.075, 0.028);
  const double under_lip = patch(x, y - face_.mouth.outer_bottom(0.0) - 0.035, 0.075, 0.022);
  const double fold = 0.5 + 0.5 * std::max(0.0, as_double(person_.nose_size) - 0.5);
  return (1.0 - 0.15 * socket - 0.24 * fold * under_nose - 0.12 * under_lip) * colour;
}

void FacePainter::paint_beard(double x, double y, Paint& colour) const {
  const Egg& head = face_.head();
  const double cheek_line = 0.24 * head.bottom + 0.30 * head.bottom * bump(square(x / (0.40 * head.width)));
  const double chin = ramp(cheek_line, cheek_line + 0.10, y);
  const double moustache = ramp(0.045, 0.015, std::abs(y - face_.mouth.outer_top(0.0) + 0.022)) *
                           ramp(1.35, 1.05, std::abs(x) / face_.mouth.half_width);
  const double mouth = ramp(1.2, 0.9, std::abs(x) / face_.mouth.half_width) *
                       ramp(0.02, 0.0, std::abs(y - face_.mouth.y) - face_.mouth.lip - face_.mouth.gap_down);
  const double strands = 0.92 + 0.08 * sine_of_turns(38.0 * x + 5.0 * y);
  colour.cover(strands * blend(hair_, skin_, 0.12),
               0.88 * as_double(person_.beard) * std::max(chin * (1.0 - mouth), moustache));
}

void FacePainter::paint_freckles(double x, double y, double soft, Paint& colour) const {
  constexpr int kFreckles = 16;
  for (int i = 0; i < kFreckles; ++i) {
    // Multiples of irrational steps spread evenly over the cheeks.
    const double a = 0.754877666 * i;
    const double b = 0.569840291 * i;
    const double at_x = mix(0.14, 0.72, a - std::floor(a)) * face_.head().width;
    const double at_y = mix(0.08, 0.36, b - std::floor(b)) * face_.head().bottom;
    const double edge = ellipse_distance(std::abs(x + 0.01 * (i % 3)) - at_x, y - at_y, 0.0085, 0.0075);
    colour.cover({0.55, 0.30, 0.18}, 0.45 * as_double(person_.freckles) * inside(edge, soft + 0.006));
  }
}

void FacePainter::paint_mouth(double x, double y, double soft, Paint& colour) const {
  const FaceGeometry::Mouth& mouth = face_.mouth;
  if (std::abs(x) > 1.3 * mouth.half_width || std::abs(y - mouth.y) > 0.3) return;
  const double beyond = std::abs(x) - mouth.half_width;
  const double outer = std::max({mouth.outer_top(x) - y, y - mouth.outer_bottom(x), beyond});
  const bool upper = y < 0.5 * (mouth.inner_top(x) + mouth.inner_bottom(x));
  const double shine = 0.22 * patch(x + 0.02, y - mouth.inner_bottom(0.0) - 0.55 * mouth.lip, 0.045, 0.009);
  Paint lip = upper ? 0.88 * lips_ : lips_;
  lip.cover(kWhite, shine);
  colour.cover(lip, inside(outer, soft));

  const double gap = std::max({mouth.inner_top(x) - y, y - mouth.inner_bottom(x), beyond});
  Paint hole = kMouthHole;
  const double depth = y - mouth.inner_top(x);
  hole.cover(
      kTongue,
      0.85 * inside(ellipse_distance(x, y - mouth.inner_bottom(0.0) - 0.012, 0.60 * mouth.half_width, 0.048), 0.02));
  const double teeth = std::max(depth - 0.030, std::abs(x) - 0.80 * mouth.half_width);
  hole.cover(kWhite, inside(teeth, soft));
  colour.cover(hole, inside(gap, soft) * clamp01((mouth.gap_up + mouth.gap_down) / 0.008));

  const double line = std::abs(y - 0.5 * (mouth.inner_top(x) + mouth.inner_bottom(x))) - 0.004;
  const double closed = 1.0 - clamp01((mouth.gap_up + mouth.gap_down) / 0.02);
  colour.cover(0.42 * lips_, 0.9 * closed * inside(std::max(line, beyond), soft + 0.004));
  const double corner = patch(beyond + 0.004, y - mouth.line(mouth.half_width), 0.014, 0.012);
  colour.cover(0.55 * skin_, 0.55 * corner);
}

void FacePainter::paint_iris(double x, double y, double soft, Paint& colour) const {
  const double radius = face_.eye.radius;
  const double distance = std::sqrt(square(x) + square(y));
  const Paint lit = blend(0.62 * iris_, blend(iris_, kWhite, 0.18), ramp(-radius, radius, y));
  colour.cover(0.45 * iris_, inside(distance - radius, soft));
  colour.cover(lit, inside(distance - 0.86 * radius, soft));
  colour.cover(kBlack, inside(distance - 0.47 * radius, soft));
  colour.cover(
      {1.0, 1.0, 1.0},
      0.95 * inside(ellipse_distance(x + 0.34 * radius, y + 0.38 * radius, 0.26 * radius, 0.24 * radius), soft));
  colour.cover(
      {1.0, 1.0, 1.0},
      0.40 * inside(ellipse_distance(x - 0.36 * radius, y - 0.36 * radius, 0.15 * radius, 0.13 * radius), soft));
}

void FacePainter::paint_eye(double x, double y, double soft, double light, Paint& colour) const {
  const FaceGeometry::Eye& eye = face_.eye;
  if (std::abs(x) > 1.5 * eye.half_width || std::abs(y - eye.y) > 0.16) return;
  const double top = face_.upper_lid(x);
  const double bottom = std::max(face_.lower_lid(x), top);
  const double beyond = std::abs(x) - eye.half_width;
  const double opening = std::max({top - y, y - bottom, beyond});

  const double crease = std::abs(y - top + 0.024) - 0.0035;
  colour.cover(0.62 * skin_, 0.55 * inside(std::max(crease, beyond + 0.012), soft + 0.006));

  Paint ball = (0.55 + 0.45 * light) * kWhite;
  ball = (1.0 - 0.28 * ramp(0.028, 0.0, y - top)) * ball;
  paint_iris(x - eye.gaze.x, y - eye.y - eye.gaze.y, soft, ball);
  colour.cover(ball, inside(opening, soft) * clamp01((bottom - top) / 0.006));

  const double lash =
      std::abs(y - top + 0.003) - 0.0085 * mix(0.75, 1.15, clamp01(0.5 + 0.5 * std::abs(x) / eye.half_width));
  colour.cover(blend(kBlack, 0.35 * hair_, 0.4), inside(std::max(lash, beyond - 0.006), soft));
  const double rim = std::abs(y - bottom - 0.002) - 0.0025;
  colour.cover(0.50 * skin_, 0.55 * inside(std::max(rim, beyond + 0.004), soft + 0.003));
}

void FacePainter::paint_brow(double x, double y, double soft, Paint& colour) const {
  const FaceGeometry::Brow& brow = face_.brow;
  const double t = (x - brow.inner) / (brow.outer - brow.inner);
  const double thickness = brow.half_thickness * (1.05 - 0.75 * t * t);
  const double edge = std::max({std::abs(y - brow.at(x)) - thickness, brow.inner - x, x - brow.outer});
  const double strands = 0.94 + 0.06 * sine_of_turns(30.0 * x + 14.0 * y);
  colour.cover(strands * blend(0.72 * hair_, 0.45 * skin_, 0.25), 0.92 * inside(edge, soft + 0.006));
}

}  // namespace understudy::synthetic
