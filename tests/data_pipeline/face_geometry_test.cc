#include "data_pipeline/face_geometry.h"

#include <gtest/gtest.h>

namespace understudy::synthetic {
namespace {

Place place(const Landmarks68& landmarks, std::size_t i) {
  return {static_cast<double>(landmarks.xy[2 * i]), static_cast<double>(landmarks.xy[2 * i + 1])};
}

Landmarks68 landmarks(const HeadPose& pose, const ExpressionParameters& expression = {}) {
  return FaceGeometry({}, pose, expression).landmarks();
}

double eye_gap(const Landmarks68& face) {
  return place(face, 41).y - place(face, 37).y;
}
double mouth_gap(const Landmarks68& face) {
  return place(face, 66).y - place(face, 62).y;
}

TEST(FaceGeometry, ANeutralFaceIsSymmetric) {
  const Landmarks68 face = landmarks({});
  constexpr std::pair<std::size_t, std::size_t> kPairs[] = {{0, 16},
                                                            {4, 12},
                                                            {17, 26},
                                                            {21, 22},
                                                            {31, 35},
                                                            {36, 45},
                                                            {39, 42},
                                                            {37, 44},
                                                            {41, 46},
                                                            {48, 54},
                                                            {60, 64},
                                                            {50, 52},
                                                            {58, 56}};
  for (const auto& [left, right] : kPairs) {
    EXPECT_NEAR(place(face, left).x + place(face, right).x, 255.0, 1e-3) << left;
    EXPECT_NEAR(place(face, left).y, place(face, right).y, 1e-3) << left;
    EXPECT_LT(place(face, left).x, place(face, right).x) << left;
  }
}

TEST(FaceGeometry, LandmarksFollowTheOrderOfTheFace) {
  const Landmarks68 face = landmarks({});
  EXPECT_GT(place(face, 8).y, place(face, 57).y);   // chin below the lower lip
  EXPECT_GT(place(face, 57).y, place(face, 51).y);  // lower lip below the upper lip
  EXPECT_GT(place(face, 51).y, place(face, 33).y);  // mouth below the nose
  EXPECT_GT(place(face, 33).y, place(face, 27).y);  // the nose runs down
  EXPECT_GT(place(face, 37).y, place(face, 19).y);  // eyes below the brows
  EXPECT_GT(place(face, 41).y, place(face, 37).y);  // lower lid below the upper lid
}

TEST(FaceGeometry, YawMovesTheNoseBeforeTheEars) {
  const Landmarks68 turned = landmarks({0.4F, 0.0F, 0.0F});
  const Landmarks68 straight = landmarks({});
  const double nose = place(turned, 30).x - place(straight, 30).x;
  const double jaw = 0.5 * (place(turned, 0).x + place(turned, 16).x - place(straight, 0).x - place(straight, 16).x);
  EXPECT_GT(nose, jaw + 5.0);
  EXPECT_LT(place(turned, 45).x - place(turned, 42).x, place(turned, 39).x - place(turned, 36).x);  // foreshortened
}

TEST(FaceGeometry, PitchAndRollMoveTheFace) {
  EXPECT_GT(place(landmarks({0.0F, 0.3F, 0.0F}), 30).y, place(landmarks({}), 30).y + 4.0);
  const Landmarks68 rolled = landmarks({0.0F, 0.0F, 0.3F});
  EXPECT_GT(place(rolled, 45).y, place(rolled, 36).y + 10.0);
}

TEST(FaceGeometry, ExpressionMovesItsLandmarks) {
  const Landmarks68 neutral = landmarks({});
  EXPECT_GT(mouth_gap(landmarks({}, {.mouth_open = 1.0F})), mouth_gap(neutral) + 8.0);
  EXPECT_LT(eye_gap(landmarks({}, {.eye_open = 0.0F})), 0.4 * eye_gap(neutral));
  EXPECT_LT(place(landmarks({}, {.brow_raise = 1.0F}), 19).y, place(neutral, 19).y - 3.0);
  EXPECT_LT(place(landmarks({}, {.smile = 1.0F}), 48).y, place(neutral, 48).y - 3.0);
  EXPECT_NEAR(place(landmarks({}, {.shift_x = 0.1F}), 30).x - place(neutral, 30).x, 12.8 * kZoom, 1e-3);
}

TEST(FaceGeometry, SightMeetsTheSurfaceItShows) {
  const FaceGeometry geometry({}, {0.3F, -0.2F, 0.1F}, {});
  const Vector point = geometry.on_face(0.1, 0.15);
  const Hit hit = geometry.look_at(geometry.head(), geometry.project(point), 0.01);
  EXPECT_NEAR(hit.point.x, point.x, 2e-3);
  EXPECT_NEAR(hit.point.y, point.y, 2e-3);
  EXPECT_NEAR(hit.point.z, point.z, 2e-3);
  EXPECT_EQ(hit.coverage, 1.0);
  EXPECT_EQ(geometry.look_at(geometry.head(), {0.95, 0.95}, 0.01).coverage, 0.0);
}

}  // namespace
}  // namespace understudy::synthetic
