#include "data_pipeline/synthetic_head.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/face_geometry.h"

namespace understudy {
namespace {

double difference(const Picture& a, const Picture& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(a.rgb[i] - b.rgb[i]);
  return sum / static_cast<double>(a.rgb.size());
}

TEST(SyntheticHead, DrawsTheSameBytesOnEveryMachine) {
  const RenderedHead head =
      render_head(draw_identity(1, 2), {0.3F, -0.1F, 0.05F}, {.mouth_open = 0.5F, .smile = 0.4F}, 96);
  Sha256 hash;
  hash.update(std::as_bytes(std::span(head.picture.rgb)));
  hash.update(std::as_bytes(std::span(head.mask.coverage)));
  hash.update(std::as_bytes(std::span(head.landmarks.xy)));
  EXPECT_EQ(hash.hex_digest(), "14ae6093288a48c579b81cbeb0729efcc2f91a1b4f6dd98278761c2928c905b0");
}

TEST(SyntheticHead, PeopleDiffer) {
  const Picture first = render_head(draw_identity(1, 0), {}, {}, 64).picture;
  for (std::uint64_t other = 1; other < 12; ++other) {
    EXPECT_GT(difference(first, render_head(draw_identity(1, other), {}, {}, 64).picture), 12.0) << other;
  }
}

TEST(SyntheticHead, PoseAndExpressionShow) {
  const IdentityParameters person = draw_identity(1, 5);
  const Picture neutral = render_head(person, {}, {}, 96).picture;
  for (const HeadPose pose : {HeadPose{0.5F, 0.0F, 0.0F}, HeadPose{0.0F, 0.3F, 0.0F}, HeadPose{0.0F, 0.0F, 0.3F}}) {
    EXPECT_GT(difference(neutral, render_head(person, pose, {}, 96).picture), 3.0);
  }
  for (const ExpressionParameters& expression : {ExpressionParameters{.mouth_open = 1.0F},
                                                 ExpressionParameters{.smile = 1.0F},
                                                 ExpressionParameters{.brow_raise = 1.0F},
                                                 ExpressionParameters{.eye_open = 0.0F},
                                                 ExpressionParameters{.gaze_x = 1.0F}}) {
    EXPECT_GT(difference(neutral, render_head(person, {}, expression, 96).picture), 0.08);
  }
}

TEST(SyntheticHead, ShiftMovesThePersonBeforeTheBackground) {
  const IdentityParameters person = draw_identity(1, 5);
  constexpr int kSize = 96;
  const RenderedHead still = render_head(person, {}, {}, kSize);
  // 12 pixels of 96 in units of the picture's half side over the zoom.
  const RenderedHead moved = render_head(person, {}, {.shift_x = static_cast<float>(0.25 / synthetic::kZoom)}, kSize);
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x + 12 < kSize; ++x) {
      EXPECT_NEAR(still.mask.coverage[static_cast<std::size_t>(y * kSize + x)],
                  moved.mask.coverage[static_cast<std::size_t>(y * kSize + x + 12)],
                  1)
          << x << " " << y;
    }
  }
  EXPECT_EQ(still.picture.pixel(0, 0)[0], moved.picture.pixel(0, 0)[0]);
}

TEST(SyntheticHead, IsTheSamePictureAtEverySize) {
  const IdentityParameters person = draw_identity(1, 3);
  const RenderedHead large = render_head(person, {0.2F, 0.1F, 0.0F}, {}, 192);
  const RenderedHead small = render_head(person, {0.2F, 0.1F, 0.0F}, {}, 48);
  EXPECT_EQ(large.landmarks.xy, small.landmarks.xy);
  double sum = 0.0;
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; ++x) {
      double mean = 0.0;
      for (int i = 0; i < 16; ++i) mean += large.picture.pixel(4 * x + i % 4, 4 * y + i / 4)[1] / 16.0;
      sum += std::abs(mean - small.picture.pixel(x, y)[1]);
    }
  }
  EXPECT_LT(sum / (48 * 48), 3.0);
}

TEST(SyntheticHead, MaskCoversTheFaceAndLeavesTheBackground) {
  const RenderedHead head = render_head(draw_identity(1, 4), {}, {}, 64);
  for (std::size_t i = 27; i < 68; ++i) {
    const auto x = static_cast<int>((head.landmarks.xy[2 * i] + 0.5F) / 4.0F);
    const auto y = static_cast<int>((head.landmarks.xy[2 * i + 1] + 0.5F) / 4.0F);
    EXPECT_EQ(head.mask.coverage[static_cast<std::size_t>(y * 64 + x)], 255) << i;
  }
  EXPECT_EQ(head.mask.coverage[0], 0);
  EXPECT_EQ(head.mask.coverage[63], 0);
  const double covered = std::accumulate(head.mask.coverage.begin(), head.mask.coverage.end(), 0.0) / 255.0 / 4096.0;
  EXPECT_GT(covered, 0.25);
  EXPECT_LT(covered, 0.75);
}

TEST(SyntheticHead, ParametersSurviveStorage) {
  const IdentityParameters person = draw_identity(9, 1);
  EXPECT_EQ(to_vector(person).size(), 35U);
  EXPECT_EQ(to_vector(identity_from_vector(to_vector(person))), to_vector(person));
  const ExpressionParameters face{0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.07F, 0.08F};
  EXPECT_EQ(to_vector(expression_from_vector(to_vector(face))), to_vector(face));
  EXPECT_THROW(identity_from_vector({1.0F, 2.0F}), DataError);
  EXPECT_THROW(expression_from_vector(std::vector<float>(9)), DataError);
}

TEST(SyntheticHead, RefusesPicturesTooSmallToDraw) {
  EXPECT_THROW(render_head({}, {}, {}, 8), DataError);
}

}  // namespace
}  // namespace understudy
