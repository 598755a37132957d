#include "data_pipeline/head_fit.h"

#include <cmath>
#include <numbers>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "common/philox.h"
#include "data_pipeline/synthetic_motion.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kDegree = std::numbers::pi / 180.0;

/// A person in a pose anywhere within the range of synthetic motion, with an expression of such motion.
struct Case {
  IdentityParameters identity;
  HeadPose pose;
  ExpressionParameters expression;

  explicit Case(std::uint64_t number) : identity(draw_identity(11, number)) {
    Draws draws(11, Purpose::kTest, number);
    const auto angle = [&](float largest) { return static_cast<float>(draws.uniform(-largest, largest)); };
    pose = {angle(kLargestPose.yaw), angle(kLargestPose.pitch), angle(kLargestPose.roll)};
    expression = HeadMotion(11, number).at(7).expression;
  }
  RenderedHead drawn(int size) const { return render_head(identity, pose, expression, size); }
};

void expect_found(const Case& one, const HeadFit& fit) {
  const HeadPose& found = fit.pose;
  EXPECT_LT(std::abs(found.yaw - one.pose.yaw), kDegree) << one.pose.yaw;
  EXPECT_LT(std::abs(found.pitch - one.pose.pitch), kDegree) << one.pose.pitch;
  EXPECT_LT(std::abs(found.roll - one.pose.roll), kDegree) << one.pose.roll;
}

TEST(HeadFit, RecoversTheAnglesOfRenderedHeads) {
  for (std::uint64_t number = 0; number < 4; ++number) {
    const Case one(number);
    expect_found(one, fit_head_pose(one.identity, one.expression, one.drawn(64).picture));
  }
}

TEST(HeadFit, RecoversThemFromPicturesThatWereDrawnLargerOrAreSmaller) {
  const Case one(21);
  expect_found(one, fit_head_pose(one.identity, one.expression, one.drawn(192).picture));
  expect_found(one, fit_head_pose(one.identity, one.expression, one.drawn(32).picture));
}

TEST(HeadFit, RecoversThemFromTheForegroundOnBlack) {
  const Case one(30);
  RenderedHead head = one.drawn(64);
  for (std::size_t i = 0; i < head.picture.rgb.size(); ++i) {
    head.picture.rgb[i] = static_cast<std::uint8_t>(head.picture.rgb[i] * head.mask.coverage[i / 3] / 255);
  }
  const HeadFit fit = fit_head_pose(one.identity, one.expression, head.picture, true);
  expect_found(one, fit);
  EXPECT_LT(fit.mean_squared_error, 1e-4);
  EXPECT_GT(fit_head_pose(one.identity, one.expression, head.picture, false).mean_squared_error, 1e-3);
}

TEST(HeadFit, GivesTheSameOfAPictureThatShowsNoHead) {
  const Case one(40);
  const Picture black(32, 32);
  const HeadFit fit = fit_head_pose(one.identity, one.expression, black);
  EXPECT_EQ(fit.pose.yaw, fit_head_pose(one.identity, one.expression, black).pose.yaw);
  EXPECT_LE(std::abs(fit.pose.yaw), 1.5F * kLargestPose.yaw);
}

TEST(HeadFit, RefusesPicturesThatCannotShowOne) {
  const Case one(50);
  for (const Picture& picture : {Picture(64, 48), Picture(12, 12)}) {
    EXPECT_THAT(([&] { fit_head_pose(one.identity, one.expression, picture); }),
                ThrowsMessage<DataError>(HasSubstr("square one of 16 or more")));
  }
}

TEST(MeanAngleError, IsInDegrees) {
  EXPECT_NEAR(mean_angle_error({0.1F, 0.2F, -0.3F}, {0.1F, 0.2F, -0.3F}), 0.0, 1e-12);
  EXPECT_NEAR(mean_angle_error({0.1F, 0.0F, -0.1F}, {-0.1F, 0.0F, 0.0F}), 0.1 * 180.0 / std::numbers::pi, 1e-5);
}

}  // namespace
}  // namespace understudy
