#include "trainer/evaluation/scores.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

at::Tensor flat(double value) {
  return at::full({3, 16, 16}, value, at::kFloat);
}

TEST(Scores, FollowTheirDefinitions) {
  const at::Tensor landmarks = at::arange(136, at::kDouble).view({68, 2});
  const at::Tensor moved = landmarks + at::tensor({3.0, 4.0}, at::kDouble);
  const Scores scores = score({flat(0.75), moved}, {flat(0.5), landmarks});
  EXPECT_NEAR(scores[kPsnr], -10.0 * std::log10(0.0625), 1e-9);
  EXPECT_NEAR(scores[kL1], 0.25, 1e-12);
  EXPECT_NEAR(scores[kSsim], (2 * 0.75 * 0.5 + 1e-4) / (0.75 * 0.75 + 0.25 + 1e-4), 1e-9);
  EXPECT_NEAR(scores[kAkd], 5.0, 1e-12);
  EXPECT_NEAR(scores[kPoseError], 5.0 / std::sqrt(2 * 18.0 * 18.0), 1e-12);
  EXPECT_NEAR(scores[kPoseErrorAligned], 0.0, 1e-12) << "a shift does not count";
}

TEST(Scores, OfOtherLandmarksHaveNoPoseError) {
  const at::Tensor landmarks = at::zeros({5, 2}, at::kDouble);
  const Scores scores = score({flat(0.5), landmarks + 1}, {flat(0.5), landmarks});
  EXPECT_NEAR(scores[kAkd], std::sqrt(2.0), 1e-12);
  EXPECT_EQ(scores[kPoseError], 0.0);
}

TEST(Scores, OfAPictureThatIsNotFiniteAreNotTheBest) {
  const Scores scores = score({flat(std::nan("")), {}}, {flat(0.5), {}});
  EXPECT_TRUE(std::isnan(scores[kPsnr]));
  EXPECT_TRUE(std::isnan(picture_psnr(flat(std::nan("")), flat(0.5))));
}

TEST(Scores, OfEqualPicturesAreFinite) {
  const Scores scores = score({flat(0.5), {}}, {flat(0.5), {}});
  EXPECT_EQ(scores[kPsnr], 100.0);
  EXPECT_EQ(scores[kAkd], 0.0);
  EXPECT_EQ(picture_psnr(flat(0.5), flat(0.5)), kMostPsnr);
}

}  // namespace
}  // namespace understudy
