#include "data_pipeline/fsrt_draws.h"

#include <algorithm>
#include <array>
#include <set>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/data_pipeline/fsrt_golden.h"

namespace understudy {
namespace {

const std::array<Landmarks68, 2> kFaces = {golden::landmarks(0), golden::landmarks(1)};

FsrtFrames frames(std::int64_t picture_size = 256) {
  return {.landmarks = kFaces, .landmark_reference_size = 256.0F, .native = {320, 288}, .picture_size = picture_size};
}

TEST(FsrtDraws, FollowFromTheirKeyAlone) {
  const FsrtDraws once = draw_augmentation(7, 41, {}, FsrtMode::kPhase1, frames());
  draw_augmentation(7, 42, {}, FsrtMode::kPhase1, frames(64));
  const FsrtDraws again = draw_augmentation(7, 41, {}, FsrtMode::kPhase1, frames());
  EXPECT_EQ(once.jitter, again.jitter);
  EXPECT_EQ(once.query_pixels, again.query_pixels);
  EXPECT_EQ(once.out_of_frame_margins, again.out_of_frame_margins);
  EXPECT_NE(once.query_pixels, draw_augmentation(8, 41, {}, FsrtMode::kPhase1, frames()).query_pixels);
}

TEST(FsrtDraws, HaveTheOfficialProbabilities) {
  constexpr int kSamples = 4000;
  int flips = 0;
  int crops = 0;
  int plain = 0;
  for (int i = 0; i < kSamples; ++i) {
    const FsrtDraws draws = draw_augmentation(1, static_cast<std::uint64_t>(i), {}, FsrtMode::kWholePicture, frames());
    flips += draws.flip ? 1 : 0;
    crops += draws.out_of_frame ? 1 : 0;
    plain += draws.use_plain_expression ? 1 : 0;
    EXPECT_EQ(draws.jitter[0].operations, 4);
    EXPECT_NE(draws.jitter[0], draws.jitter[1]);
  }
  EXPECT_NEAR(flips, kSamples / 2, 150);
  EXPECT_NEAR(crops, kSamples / 2, 150);
  EXPECT_NEAR(plain, kSamples / 4, 130);
}

TEST(FsrtDraws, StayInsideTheirBounds) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    const FsrtDraws draws = draw_augmentation(1, i, {}, FsrtMode::kWholePicture, frames());
    const CropMargins& face = draws.face_crop_margins;
    EXPECT_LT(face.left, draws.flip ? 80U : 94U);
    EXPECT_LT(face.right, draws.flip ? 95U : 82U);
    EXPECT_LT(face.top, 80U);
    EXPECT_LT(face.bottom, 81U);
    if (draws.out_of_frame) EXPECT_TRUE(out_of_frame_crop(draws.out_of_frame_margins, 320, 288).valid);
  }
}

TEST(FsrtDraws, NeitherFlipNorJitterInValidation) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    const FsrtDraws draws = draw_augmentation(1, i, {}, FsrtMode::kValidation, frames());
    EXPECT_FALSE(draws.flip);
    EXPECT_EQ(draws.jitter, (std::array<ColourJitter, 3>{}));
    EXPECT_EQ(draws.query_pixels.size(), 16384U);
  }
}

TEST(FsrtDraws, ObeySwitches) {
  FsrtDataConfig config;
  config.horizontal_flip = false;
  config.out_of_frame_motion = false;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const FsrtDraws draws = draw_augmentation(1, i, config, FsrtMode::kWholePicture, frames());
    EXPECT_FALSE(draws.flip);
    EXPECT_FALSE(draws.out_of_frame);
  }
}

TEST(FsrtDraws, LeaveACropOutThatIsNeverValid) {
  // A face in the last corner: nearly every crop throws the opposite corner out of the unique coordinates.
  Landmarks68 corner;
  for (std::size_t i = 0; i < 136; ++i) corner.xy[i] = 600.0F + static_cast<float>(i % 7);
  const std::array<Landmarks68, 2> faces = {corner, corner};
  const FsrtFrames input{
      .landmarks = faces, .landmark_reference_size = 256.0F, .native = {64, 64}, .picture_size = 256};
  int dropped = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const FsrtDraws draws = draw_augmentation(1, i, {}, FsrtMode::kWholePicture, input);
    if (!draws.out_of_frame) EXPECT_EQ(draws.out_of_frame_margins, CropMargins{});
    dropped += draws.out_of_frame ? 0 : 1;
  }
  EXPECT_GE(dropped, 80);
}

TEST(FsrtDraws, QueryDistinctPixelsInPhaseI) {
  const FsrtDraws draws = draw_augmentation(3, 5, {}, FsrtMode::kPhase1, frames());
  const std::set<std::int64_t> distinct(draws.query_pixels.begin(), draws.query_pixels.end());
  EXPECT_EQ(distinct.size(), 4096U);
  EXPECT_GE(*distinct.begin(), 0);
  EXPECT_LT(*distinct.rbegin(), 65536);
  Draws plain(3, Purpose::kQueryPixels, 5);
  const auto same = plain.sample_without_replacement(65536, 4096);
  EXPECT_TRUE(std::equal(same.begin(), same.end(), draws.query_pixels.begin(), draws.query_pixels.end()));
}

TEST(FsrtDraws, QueryAnyPixelsWithoutSubsampling) {
  FsrtDataConfig config;
  config.image_subsampling = false;
  config.query_pixels = 1000;
  const FsrtDraws draws = draw_augmentation(3, 5, config, FsrtMode::kWholePicture, frames(64));
  EXPECT_EQ(std::set<std::int64_t>(draws.query_pixels.begin(), draws.query_pixels.end()).size(), 1000U);
}

TEST(FsrtDraws, QueryAGridWithEveryOffset) {
  std::set<std::int64_t> first;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const FsrtDraws draws = draw_augmentation(3, i, {}, FsrtMode::kWholePicture, frames());
    ASSERT_EQ(draws.query_pixels.size(), 16384U);
    first.insert(draws.query_pixels[0]);
  }
  EXPECT_EQ(first, (std::set<std::int64_t>{0, 1, 256, 257}));
}

TEST(FsrtDraws, GridPixelsReproduceTheGoldenList) {
  const auto pixels = grid_pixels(256, 16384, 1, 0);
  EXPECT_EQ(pixels[0], 256);
  EXPECT_EQ(pixels[1], 258);
  EXPECT_EQ(pixels[2], 260);
  EXPECT_EQ(pixels.back(), 65534);
  EXPECT_THROW(grid_pixels(256, 1000, 0, 0), DataError);
}

TEST(FsrtDraws, RefuseASampleWithoutADrivingFrame) {
  FsrtFrames one = frames();
  one.landmarks = one.landmarks.first(1);
  EXPECT_THROW(draw_augmentation(1, 1, {}, FsrtMode::kPhase1, one), DataError);
}

}  // namespace
}  // namespace understudy
