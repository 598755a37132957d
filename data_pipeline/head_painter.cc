#include "data_pipeline/head_painter.h"

namespace understudy::synthetic {
namespace {

constexpr Paint kWhite{1.0, 1.0, 1.0};
constexpr double kLensSize = 1.28;  ///< radius of a lens in half widths of an eye
constexpr std::array<double, 2> kSigns = {-1.0, 1.0};

double as_double(float value) {
  return static_cast<double>(value);
}

/// Signed distance to a segment whose thickness changes from end to end, and where along it the nearest point lies.
struct Capsule {
  double distance = 0.0;
  double along = 0.0;   ///< 0 ... 1
  double across = 0.0;  ///< -1 at the left edge ... 1 at the right edge
};

Capsule capsule(Place p, Place a, Place b, double radius_a, double radius_b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double t = clamp01(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy));
  const double radius = mix(radius_a, radius_b, t * t);
  const double x = p.x - a.x - t * dx;
  const double y = p.y - a.y - t * dy;
  return {std::sqrt(x * x + y * y) - radius, t, x / radius};
}

}  // namespace

HeadPainter::HeadPainter(const IdentityParameters& identity, const FaceGeometry& geometry, double soft)
    : person_(identity),
      face_(geometry),
      face_painter_(identity, geometry),
      soft_(soft),
      skin_(Paint::of(identity.skin)),
      hair_(Paint::of(identity.hair)),
      shift_(geometry.shift()),
      chin_(geometry.project({0.0, 0.9 * geometry.head().bottom, 0.0})) {
  chin_.x -= shift_.x;
  chin_.y -= shift_.y;
  place_ears();
  place_nose();
  place_glasses();
}

void HeadPainter::place_ears() {
  for (std::size_t i = 0; i < 2; ++i) {
    const Vector root{kSigns[i] * 0.985 * face_.head().width, 0.04 * face_.head().bottom, -0.02};
    const Side side = face_.depth_of(root) > 0.04 ? Side::kBeforeHead : Side::kBehindHead;
    ears_[i] = {kSigns[i], face_.project(root), side};
  }
}

void HeadPainter::place_nose() {
  const FaceGeometry::Nose& nose = face_.nose;
  const auto at = [&](double x, double y, double rise) { return face_.project(face_.on_face(x, y, rise * nose.rise)); };
  nose_.bridge = at(0.0, nose.bridge_y, 0.15);
  nose_.tip = at(0.0, nose.tip_y, 1.0);
  for (std::size_t i = 0; i < 2; ++i) {
    nose_.wings[i] = at(0.92 * kSigns[i] * nose.radius, nose.base_y - 0.022, 0.45);
    nose_.holes[i] = at(0.46 * kSigns[i] * nose.radius, nose.base_y - 0.004, 0.62);
  }
}

void HeadPainter::place_glasses() {
  const FaceGeometry::Eye& eye = face_.eye;
  const double radius = kLensSize * eye.half_width;
  const auto before_face = [this](double x, double y) { return face_.project(face_.on_face(x, y, 0.05)); };
  for (std::size_t i = 0; i < 2; ++i) {
    Lens& lens = lenses_[i];
    lens.centre = before_face(kSigns[i] * eye.x, eye.y + 0.006);
    lens.inner = before_face(kSigns[i] * (eye.x - radius), eye.y - 0.008);
    lens.outer = before_face(kSigns[i] * (eye.x + radius), eye.y);
    lens.ear = face_.project({kSigns[i] * face_.head().width, eye.y + 0.01, 0.0});
    lens.width = std::max(0.5 * std::abs(lens.outer.x - lens.inner.x), 0.02);
  }
}

void HeadPainter::lay(Pixel& pixel, const Paint& colour, double alpha) {
  pixel.colour.cover(colour, alpha);
  pixel.coverage = mix(pixel.coverage, 1.0, alpha);
}

HeadPainter::Pixel HeadPainter::paint(Place place) const {
  Pixel pixel{background(place), 0.0};
  const Hit hair = face_.look_at(face_.hair(), place, soft_);
  const Hit head = face_.look_at(face_.head(), place, soft_);
  paint_hair(hair, Side::kBehindHead, pixel);
  const Place on_body{place.x - shift_.x, place.y - shift_.y};
  paint_neck(on_body, pixel);
  paint_clothes(on_body, pixel);
  paint_ears(place, Side::kBehindHead, pixel);
  if (head.coverage > 0.0) lay(pixel, face_painter_.paint(head, soft_), head.coverage);
  paint_ears(place, Side::kBeforeHead, pixel);
  paint_nose(place, pixel);
  if (person_.glasses > 0.5F) paint_glasses(place, pixel);
  paint_hair(hair, Side::kBeforeHead, pixel);
  return pixel;
}

Paint HeadPainter::background(Place place) const {
  Paint colour = blend(Paint::of(person_.background_top),
                       Paint::of(person_.background_bottom),
                       ramp(-1.1, 1.1, place.y + 0.15 * place.x));
  const double halo = bump((square(place.x + 0.15) + square(place.y + 0.25)) / 0.55);
  colour.cover(kWhite, 0.18 * halo);
  return colour;
}

void HeadPainter::paint_neck(Place place, Pixel& pixel) const {
  const double radius = 0.54 * face_.head().width;
  const double x = place.x - mix(0.40, 0.75, ramp(0.85, 0.35, place.y)) * chin_.x;
  const double edge =
      std::max(std::abs(x) - radius - 0.25 * square(std::max(0.0, place.y - 0.5)), chin_.y - 0.35 - place.y);
  const double shadow = ramp(chin_.y + 0.24, chin_.y + 0.02, place.y + 0.08 * x);
  const double round = 0.97 - 0.16 * square(x / radius) - 0.12 * (x / radius);
  lay(pixel, round * blend(skin_, 0.64 * skin_, shadow), inside(edge, soft_));
}

void HeadPainter::paint_clothes(Place place, Pixel& pixel) const {
  const double x = place.x - 0.22 * chin_.x;
  const double shift = 0.2 * (chin_.y - 0.44);
  const double shoulders = ellipse_distance(x, place.y - 1.24 - shift, 0.84, 0.56);
  const double collar = ellipse_distance(x, place.y - 0.64 - shift, 0.275, 0.165);
  const Paint clothes = Paint::of(person_.clothes);
  const double fold = 0.90 + 0.16 * ramp(0.6, -0.6, x) - 0.20 * ramp(0.70, 1.15, place.y) -
                      0.06 * bump(square((std::abs(x) - 0.52) / 0.05));
  lay(pixel, fold * clothes, inside(std::max(shoulders, -collar), soft_));
  lay(pixel, 0.72 * clothes, inside(std::max(std::abs(collar) - 0.017, shoulders), soft_));
}

void HeadPainter::paint_ears(Place place, Side side, Pixel& pixel) const {
  for (const Ear& ear : ears_) {
    if (ear.side != side) continue;
    const double x = place.x - ear.root.x;
    const double y = place.y - ear.root.y;
    if (std::abs(x) > 0.1 || std::abs(y) > 0.15) continue;
    const double edge = ellipse_distance(x - 0.10 * ear.sign * y, y, 0.056, 0.100);
    const double hollow = bump(square((x - 0.012 * ear.sign) / 0.026) + square((y + 0.012) / 0.052));
    const double light = 0.92 - 0.08 * ear.sign - 0.24 * hollow;
    lay(pixel, light * blend(skin_, {0.86, 0.35, 0.30}, 0.14), inside(edge, soft_));
  }
}

void HeadPainter::paint_nose(Place place, Pixel& pixel) const {
  const double radius = face_.nose.radius;
  const Place tip = nose_.tip;
  const Capsule shape = capsule(place, nose_.bridge, tip, 0.38 * radius, radius);
  if (shape.distance > 2.0 * radius) return;
  for (std::size_t i = 0; i < 2; ++i) {
    const double edge =
        ellipse_distance(place.x - nose_.wings[i].x, place.y - nose_.wings[i].y, 0.46 * radius, 0.50 * radius);
    lay(pixel, (0.90 - 0.10 * kSigns[i]) * skin_, 0.92 * inside(edge, soft_ + 0.012));
  }
  const double light = 0.99 - 0.13 * shape.across - 0.10 * ramp(0.3, 1.0, (place.y - tip.y) / radius);
  Paint colour = light * blend(skin_, {0.90, 0.40, 0.34}, 0.12 * shape.along);
  const double gloss =
      bump(square((place.x - tip.x) / (0.30 * radius) + 1.0) + square((place.y - tip.y) / (0.30 * radius) + 1.0));
  colour.cover(kWhite, 0.30 * gloss);
  lay(pixel, colour, ramp(0.05, 0.75, shape.along) * inside(shape.distance, soft_ + 0.014));
  for (const Place& hole : nose_.holes) {
    const double edge = ellipse_distance(place.x - hole.x, place.y - hole.y, 0.26 * radius, 0.15 * radius);
    lay(pixel, 0.42 * skin_, 0.75 * inside(edge, soft_ + 0.006));
  }
}

void HeadPainter::paint_glasses(Place place, Pixel& pixel) const {
  constexpr double kWire = 0.0085;
  const double height = 0.92 * kLensSize * face_.eye.half_width;
  double frame = capsule(place, lenses_[0].inner, lenses_[1].inner, kWire, kWire).distance;
  for (const Lens& lens : lenses_) {
    const double edge = ellipse_distance(place.x - lens.centre.x, place.y - lens.centre.y, lens.width, height);
    const bool upper_left = place.x + place.y < lens.centre.x + lens.centre.y;
    lay(pixel, kWhite, (upper_left ? 0.10 : 0.035) * inside(edge, soft_));
    frame = std::min({frame, std::abs(edge) - kWire, capsule(place, lens.outer, lens.ear, kWire, kWire).distance});
  }
  lay(pixel, {0.13, 0.11, 0.12}, 0.95 * inside(frame, soft_));
}

/// 1 where hair grows on its shell: everywhere but before the face and below its length.
double HeadPainter::hair_cover(const Vector& point) const {
  const Egg& shell = face_.hair();
  const double edge = soft_ + 0.01;
  const double ends = shell.bottom * mix(0.10, 0.93, ramp(0.0, 0.55, as_double(person_.hair_length)));
  const double above_ends = inside(point.y - ends + 0.03 * sine_of_turns(5.5 * point.x + 0.3), edge);
  const double part = as_double(person_.parting) * 0.5 * shell.width;
  const double from_part = (point.x - part) / shell.width;
  const double fringe = face_.head().top * mix(-0.66, -0.30, as_double(person_.fringe)) - shell.centre.y;
  const double line = fringe - 0.10 * bump(square(from_part / 0.35)) + 0.16 * square(from_part);
  const double half_window = shell.width * mix(0.90, 0.74, ramp(0.1, 0.8, as_double(person_.hair_length)));
  const double window = std::max({line - point.y, std::abs(point.x) - half_window, 0.10 * shell.depth - point.z});
  return above_ends * (1.0 - inside(window, edge));
}

void HeadPainter::paint_hair(const Hit& hit, Side side, Pixel& pixel) const {
  if (hit.coverage <= 0.0) return;
  const bool behind = side == Side::kBehindHead;
  const Vector& point = behind ? hit.back : hit.point;
  const double cover = hit.coverage * hair_cover(point);
  if (cover <= 0.0) return;
  const double around = point.x / std::max(std::sqrt(square(point.x) + square(point.z)), 1e-6);
  const double strands = 0.5 * sine_of_turns(6.0 * around + 0.8 * point.y + as_double(person_.parting)) +
                         0.3 * sine_of_turns(17.0 * around - 1.7 * point.y) +
                         0.2 * sine_of_turns(41.0 * around + 0.9 * point.y);
  const double gloss =
      bump(square((point.y + 0.50 * face_.hair().top + 0.05 * around) / 0.09)) * (0.75 + 0.25 * strands);
  const double light = behind ? 0.52 : brightness(hit.normal) * (1.0 + 0.07 * strands);
  Paint colour = light * hair_;
  if (!behind) colour.cover(kWhite, 0.20 * gloss);
  lay(pixel, colour, cover);
}

}  // namespace understudy::synthetic
