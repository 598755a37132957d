#include "data_pipeline/face_painter.h"

#include <gtest/gtest.h>

namespace understudy::synthetic {
namespace {

constexpr double kSoft = 0.01;

IdentityParameters person() {
  IdentityParameters identity;
  identity.skin = {0.9F, 0.7F, 0.6F};
  identity.hair = {0.2F, 0.1F, 0.1F};
  identity.iris = {0.2F, 0.4F, 0.8F};
  return identity;
}

Paint colour_at(const ExpressionParameters& expression, double x, double y) {
  const IdentityParameters identity = person();
  const FaceGeometry geometry(identity, {}, expression);
  const Hit hit = geometry.look_at(geometry.head(), geometry.project(geometry.on_face(x, y)), kSoft);
  return FacePainter(identity, geometry).paint(hit, kSoft);
}

double sum(const Paint& paint) {
  return paint.r + paint.g + paint.b;
}

TEST(FacePainter, LightComesFromTheUpperLeft) {
  EXPECT_GT(brightness(normalised({-0.4, -0.4, 0.8})), brightness(normalised({0.4, 0.4, 0.8})));
}

TEST(FacePainter, PaintsEyesWhereTheGeometryHasThem) {
  const FaceGeometry geometry(person(), {}, {});
  const double x = geometry.eye.x + 0.7 * geometry.eye.radius;
  const Paint iris = colour_at({}, x, geometry.eye.y + geometry.eye.gaze.y);
  EXPECT_GT(iris.b, iris.r);
  const Paint closed = colour_at({.eye_open = 0.0F}, x, geometry.eye.y - 0.03);
  EXPECT_GT(closed.r, closed.b);
}

TEST(FacePainter, OpensTheMouthOnDarkness) {
  const FaceGeometry open(person(), {}, {.mouth_open = 1.0F});
  const double inside_mouth = 0.5 * (open.mouth.inner_top(0.0) + open.mouth.inner_bottom(0.0));
  EXPECT_LT(sum(colour_at({.mouth_open = 1.0F}, 0.0, inside_mouth)), 0.8 * sum(colour_at({}, 0.0, inside_mouth)));
}

}  // namespace
}  // namespace understudy::synthetic
