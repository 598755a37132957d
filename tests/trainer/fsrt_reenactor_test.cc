#include "trainer/recipes/fsrt/fsrt_reenactor.h"

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/tiny_run.h"
#include "trainer/pictures.h"

namespace understudy {
namespace {

/// [1, 4, 2], the corners of a rectangle of this width and height, centred at (x, y).
at::Tensor rectangle(double width, double height, double x = 0, double y = 0) {
  const at::Tensor corners =
      torch::tensor({-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5}, torch::kDouble).reshape({1, 4, 2});
  return corners * torch::tensor({width, height}, torch::kDouble) + torch::tensor({x, y}, torch::kDouble);
}

TEST(AdaptedScale, IsTheRootOfTheRatioOfTwoHulls) {
  EXPECT_NEAR(adapted_scale(rectangle(2, 2), rectangle(1, 1)), 2.0, 1e-12);
  EXPECT_NEAR(adapted_scale(rectangle(1, 2), rectangle(2, 9, 5, -5)), 1.0 / 3.0, 1e-12);
  const at::Tensor with_inner_point = at::cat({rectangle(2, 2), torch::zeros({1, 1, 2}, torch::kDouble)}, 1);
  EXPECT_NEAR(adapted_scale(with_inner_point, rectangle(1, 1)), 2.0, 1e-12);
}

TEST(BestFrame, IsTheIdenticalOneWhereverItLiesAndHoweverLarge) {
  const at::Tensor source = rectangle(1, 2);
  EXPECT_EQ(best_frame(source, {rectangle(2, 1), rectangle(1, 1), source, rectangle(1, 3)}), 2U);
  EXPECT_EQ(best_frame(source, {rectangle(1, 2.1), rectangle(3, 6, 0.4, -0.7)}), 1U);
}

TEST(BestFrame, IsTheFirstOfEquals) {
  EXPECT_EQ(best_frame(rectangle(1, 2), {rectangle(1, 1), rectangle(1, 2), rectangle(2, 4)}), 1U);
}

class ReenactorTest : public testing::Test {
 protected:
  ReenactorTest() {
    at::set_num_threads(1);
    reenactor_ = std::make_unique<FsrtReenactor>(config_, state_.model, std::nullopt);
  }

  void set_source(const Picture& source) { reenactor_->set_sources({&source, 1}); }

  at::Tensor rendered(const Picture& driving, const ReenactMode& mode = {}) const {
    return reenactor_->render({&driving, 1}, mode).pictures[0];
  }

  static Picture picture(std::uint64_t number) { return tiny_picture(32, 32, 5, number); }

  /// The frame with these keypoints, computed without the reenactor.
  at::Tensor expected(const Picture& source,
                      const at::Tensor& driving_keypoints,
                      const at::Tensor& driving_expression) {
    const at::NoGradGuard no_grad;
    const FaceState face = reenactor_->observe(source);
    return render_picture(*state_.networks.model,
                          planes_of(source).reshape({1, 1, 3, 32, 32}),
                          face.keypoints.unsqueeze(0),
                          face.expression.unsqueeze(0),
                          driving_keypoints,
                          driving_expression)[0]
        .clamp(0, 1);
  }

  RunSettings settings_ = tiny_settings("fsrt");
  FsrtRecipeConfig config_ = fsrt_config(settings_);
  TinyState state_ = tiny_state(config_, 4);
  std::unique_ptr<FsrtReenactor> reenactor_;
};

void expect_near(const at::Tensor& found, const at::Tensor& wanted) {
  ASSERT_EQ(found.sizes(), wanted.sizes());
  EXPECT_LT((found - wanted).abs().max().item<double>(), 1e-5);
}

TEST_F(ReenactorTest, GivesAbsoluteKeypointsToTheDecoder) {
  set_source(picture(1));
  const FaceState driving = reenactor_->observe(picture(2));
  expect_near(rendered(picture(2)), expected(picture(1), driving.keypoints, driving.expression));
}

TEST_F(ReenactorTest, GivesTheSourcesKeypointsForTheReferenceFrameItself) {
  set_source(picture(1));
  reenactor_->set_reference(picture(2));
  const FaceState source = reenactor_->observe(picture(1));
  const FaceState driving = reenactor_->observe(picture(2));
  ASSERT_GT((source.keypoints - driving.keypoints).abs().max().item<double>(), 1e-4);
  for (const bool adapt_scale : {false, true}) {
    expect_near(rendered(picture(2), {.relative = true, .adapt_scale = adapt_scale}),
                expected(picture(1), source.keypoints, driving.expression));
  }
}

TEST_F(ReenactorTest, ScalesTheMotionByTheSizesOfTheFaces) {
  set_source(picture(1));
  reenactor_->set_reference(picture(2));
  const FaceState source = reenactor_->observe(picture(1));
  const FaceState reference = reenactor_->observe(picture(2));
  const FaceState driving = reenactor_->observe(picture(3));
  const double scale = adapted_scale(source.keypoints, reference.keypoints);
  const at::Tensor keypoints = source.keypoints + scale * (driving.keypoints - reference.keypoints);
  expect_near(rendered(picture(3), {.relative = true, .adapt_scale = true}),
              expected(picture(1), keypoints, driving.expression));
}

TEST_F(ReenactorTest, TakesPicturesOfAnySize) {
  reenactor_->set_sources(std::vector<Picture>{tiny_picture(48, 40, 5, 1), picture(2)});
  const at::Tensor frame = rendered(tiny_picture(20, 24, 5, 3));
  EXPECT_EQ(frame.sizes(), (std::vector<std::int64_t>{3, 32, 32}));
  EXPECT_GE(frame.min().item<double>(), 0.0);
  EXPECT_LE(frame.max().item<double>(), 1.0);
}

TEST_F(ReenactorTest, RendersABatchAsItsFramesOneByOne) {
  set_source(picture(1));
  const std::vector<Picture> driving = {picture(2), picture(3)};
  const AnimatedFrames frames = reenactor_->render(driving, {});
  EXPECT_FALSE(frames.masks.defined());
  ASSERT_EQ(frames.pictures.size(0), 2);
  for (std::int64_t i = 0; i < 2; ++i)
    EXPECT_TRUE(frames.pictures[i].equal(rendered(driving[static_cast<std::size_t>(i)])));
}

TEST_F(ReenactorTest, NamesANetworkThatTheWeightsLack) {
  EXPECT_THROW(FsrtReenactor(config_, without_group(state_.model, "decoder"), std::nullopt), CheckpointError);
  const NamedTensors bare = without_group(state_.model, "kp_detector");
  EXPECT_THROW(FsrtReenactor(config_, bare, std::nullopt), CheckpointError);
  EXPECT_NO_THROW(FsrtReenactor(config_, bare, group_of(state_.model, "kp_detector")));
}

}  // namespace
}  // namespace understudy
