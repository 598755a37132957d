#include "data_pipeline/head_painter.h"

#include <gtest/gtest.h>

namespace understudy::synthetic {
namespace {

HeadPainter::Pixel pixel_at(const IdentityParameters& identity, const HeadPose& pose, Place place) {
  const FaceGeometry geometry(identity, pose, {});
  return HeadPainter(identity, geometry, 0.01).paint(place);
}

IdentityParameters person() {
  IdentityParameters identity;
  identity.skin = {0.9F, 0.7F, 0.6F};
  identity.hair = {0.1F, 0.1F, 0.6F};
  identity.clothes = {0.1F, 0.7F, 0.1F};
  identity.background_top = {0.9F, 0.1F, 0.1F};
  identity.background_bottom = {0.9F, 0.1F, 0.1F};
  return identity;
}

TEST(HeadPainter, LaysThePersonOverTheBackground) {
  EXPECT_EQ(pixel_at(person(), {}, {-0.8, -0.8}).coverage, 0.0);
  EXPECT_EQ(pixel_at(person(), {}, {0.0, 0.0}).coverage, 1.0);
  const Paint shirt = pixel_at(person(), {}, {0.35, 0.83}).colour;
  EXPECT_GT(shirt.g, 2.0 * shirt.r);
  const Paint crown = pixel_at(person(), {}, {0.0, -0.5}).colour;
  EXPECT_GT(crown.b, 2.0 * crown.r);
}

TEST(HeadPainter, LongHairHangsBesideTheNeck) {
  IdentityParameters identity = person();
  identity.hair_length = 1.0F;
  EXPECT_EQ(pixel_at(identity, {}, {0.36, 0.35}).coverage, 1.0);
  identity.hair_length = 0.0F;
  EXPECT_EQ(pixel_at(identity, {}, {0.36, 0.35}).coverage, 0.0);
}

TEST(HeadPainter, TheBackOfATurnedHeadIsHair) {
  const double side = -0.3;
  EXPECT_GT(pixel_at(person(), {}, {side, 0.1}).colour.r, pixel_at(person(), {}, {side, 0.1}).colour.b);
  const Paint turned = pixel_at(person(), {0.85F, 0.0F, 0.0F}, {side - 0.05, -0.1}).colour;
  EXPECT_GT(turned.b, turned.r);
}

TEST(HeadPainter, GlassesSitBeforeTheEyes) {
  IdentityParameters identity = person();
  const FaceGeometry geometry(identity, {}, {});
  const Place bridge = geometry.project(geometry.on_face(0.0, geometry.eye.y - 0.008, 0.05));
  const Paint without = pixel_at(identity, {}, bridge).colour;
  identity.glasses = 1.0F;
  EXPECT_LT(pixel_at(identity, {}, bridge).colour.r, 0.5 * without.r);
}

}  // namespace
}  // namespace understudy::synthetic
