#include "data_pipeline/fsrt_sample.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/data_pipeline/fsrt_golden.h"

namespace understudy {
namespace {

struct GoldenPicture {
  const char* name;
  std::vector<float> FsrtSample::*pictures;
  std::array<double, 5> values;  ///< at [0,0,0], [1,10,20], [2,128,200], [0,255,255], and the mean
};

void check(const FsrtSample& sample, const std::vector<GoldenPicture>& goldens) {
  constexpr std::array<std::size_t, 4> kPlaces = {
      0, (256 + 10) * 256 + 20, (2 * 256 + 128) * 256 + 200, 255 * 256 + 255};
  for (const GoldenPicture& golden : goldens) {
    const std::vector<float>& picture = sample.*golden.pictures;
    ASSERT_EQ(picture.size(), 3U * 256U * 256U) << golden.name;
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(picture[kPlaces[i]], golden.values[i], 1e-6) << golden.name << " " << i;
    const double mean = std::accumulate(picture.begin(), picture.end(), 0.0) / static_cast<double>(picture.size());
    EXPECT_NEAR(mean, golden.values[4], 1e-6) << golden.name;
  }
  EXPECT_NEAR(sample.crop_scale[0], 1.13879, 1e-6);
  EXPECT_NEAR(sample.crop_scale[1], 1.2360516, 1e-6);
  EXPECT_NEAR(sample.crop_shift[0], -0.034375001, 1e-8);
  EXPECT_NEAR(sample.crop_shift[1], 0.12152778, 1e-8);
}

const std::vector<Picture>& frames() {
  static const std::vector<Picture> both = {golden::frame(0), golden::frame(1)};
  return both;
}

TEST(FsrtSample, ReproducesTheOfficialSample) {
  const FsrtSample sample = render(frames(), golden::draws(false), {}, 256);
  using S = FsrtSample;
  check(sample,
        {{"source A1", &S::source_a1, {0.19607843, 0.8985064, 0.46858916, 0.093926162, 0.53516287}},
         {"source A2", &S::source_a2, {0.14136796, 0.47081077, 0, 0.046867337, 0.45738641}},
         {"source A2 full", &S::source_full_a2, {0, 0.26537994, 0.24901961, 0.31963849, 0.45115837}},
         {"driving A1", &S::driving_a1, {0.35294119, 0.83183211, 0.27706036, 0.25451902, 0.53480575}},
         {"driving A2", &S::driving_a2, {0.30215228, 0.74555761, 0.20255055, 0.20373009, 0.45592802}},
         {"driving A2 full", &S::driving_full_a2, {0.11859681, 0.42650121, 0.40909928, 0.59414834, 0.45276394}},
         {"driving A3", &S::driving_face_a3, {0.25490198, 0.13852157, 0.37899816, 0.41568628, 0.51195053}}});
  EXPECT_EQ(sample.query_pixels, golden::draws(false).query_pixels);
}

TEST(FsrtSample, ReproducesTheOfficialSampleFlipped) {
  const FsrtSample sample = render(frames(), golden::draws(true), {}, 256);
  using S = FsrtSample;
  check(sample,
        {{"source A1", &S::source_a1, {0.24294578, 0.56120563, 0.098567709, 0.99607849, 0.53466106}},
         {"source A2", &S::source_a2, {0.19234835, 0.27472475, 0.06444668, 0.89430916, 0.45825967}},
         {"source A2 full", &S::source_full_a2, {0.21957721, 0.35015321, 0.14439338, 0.20392157, 0.45115837}},
         {"driving A1", &S::driving_a1, {0.39607844, 0.72198272, 0.25920409, 0.11783855, 0.53447432}},
         {"driving A2", &S::driving_a2, {0.35274971, 0.43179381, 0.22027421, 0.063128069, 0.45693597}},
         {"driving A2 full", &S::driving_full_a2, {0.23085172, 0.50484073, 0.3037684, 0.36099878, 0.45276394}},
         {"driving A3", &S::driving_face_a3, {0.47450981, 0.4781839, 0.27973011, 0.41176468, 0.51068405}}});
}

TEST(FsrtSample, LeavesFullFramesOutWithoutOutOfFrameMotion) {
  FsrtDataConfig config;
  config.out_of_frame_motion = false;
  FsrtDraws draws = golden::draws(false);
  draws.out_of_frame = false;
  const FsrtSample sample = render(frames(), draws, config, 64);
  EXPECT_TRUE(sample.source_full_a2.empty());
  EXPECT_TRUE(sample.driving_full_a2.empty());
  EXPECT_EQ(sample.source_a1.size(), 3U * 64U * 64U);
  EXPECT_EQ(sample.crop_scale, (std::array<float, 2>{1.0F, 1.0F}));
  EXPECT_EQ(sample.crop_shift, (std::array<float, 2>{0.0F, 0.0F}));
}

TEST(FsrtSample, CutAndWholeAreTheSameWithoutACrop) {
  FsrtDraws draws = golden::draws(false);
  draws.out_of_frame = false;
  const FsrtSample sample = render(frames(), draws, {}, 128);
  EXPECT_EQ(sample.source_a2, sample.source_full_a2);
  EXPECT_EQ(sample.driving_a2, sample.driving_full_a2);
}

TEST(FsrtSample, StacksSeveralSources) {
  const std::vector<Picture> three = {golden::frame(0), golden::frame(2), golden::frame(1)};
  const FsrtSample sample = render(three, golden::draws(false), {}, 96);
  const FsrtSample second = render(std::vector{golden::frame(2), golden::frame(1)}, golden::draws(false), {}, 96);
  EXPECT_EQ(sample.sources, 2);
  ASSERT_EQ(sample.source_a1.size(), 2U * 3U * 96U * 96U);
  const auto half = static_cast<std::ptrdiff_t>(sample.source_a1.size() / 2);
  EXPECT_TRUE(std::equal(sample.source_a1.begin() + half, sample.source_a1.end(), second.source_a1.begin()));
  EXPECT_EQ(sample.driving_face_a3, second.driving_face_a3);
}

TEST(FsrtSample, DoesNotDependOnWhatItsMemoryHeldBefore) {
  FsrtSample used = render(frames(), golden::draws(true), {}, 200);
  render(frames(), golden::draws(false), {}, 64, used);
  const FsrtSample fresh = render(frames(), golden::draws(false), {}, 64);
  EXPECT_EQ(used.source_a1, fresh.source_a1);
  EXPECT_EQ(used.driving_face_a3, fresh.driving_face_a3);
  EXPECT_EQ(used.driving_full_a2, fresh.driving_full_a2);
}

TEST(FsrtSample, ShowsRawFramesWithoutJitter) {
  FsrtDraws draws;
  const Picture picture = golden::frame(0);
  Picture square(256, 256);
  for (int y = 0; y < 256; ++y) std::copy_n(picture.pixel(0, y), 3 * 256, square.pixel(0, y));
  const FsrtSample sample = render(std::vector{square, square}, draws, {}, 256);
  for (std::size_t i = 0; i < 65536; ++i) {
    ASSERT_EQ(sample.source_a1[i], static_cast<float>(square.rgb[3 * i]) / 255.0F);
  }
  EXPECT_EQ(sample.source_a1, sample.source_a2);
}

TEST(FsrtSample, RefusesFramesOfDifferentSizes) {
  EXPECT_THROW(render(std::vector{golden::frame(0), Picture(64, 64)}, golden::draws(false), {}, 64), DataError);
  EXPECT_THROW(render(std::vector{golden::frame(0)}, golden::draws(false), {}, 64), DataError);
}

}  // namespace
}  // namespace understudy
