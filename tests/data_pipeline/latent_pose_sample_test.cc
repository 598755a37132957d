#include "data_pipeline/latent_pose_sample.h"

#include <vector>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "data_pipeline/latent_pose_augmentation.h"
#include "tests/data_pipeline/noise_picture.h"

namespace understudy {
namespace {

constexpr int kSize = 32;
constexpr std::size_t kPixels = std::size_t{kSize} * kSize;

struct Sample {
  std::vector<float> identity = std::vector<float>(2 * 3 * kPixels, -1.0F);
  std::vector<float> pose = std::vector<float>(3 * kPixels, -1.0F);
  std::vector<float> target = std::vector<float>(3 * kPixels, -1.0F);
  std::vector<float> mask = std::vector<float>(kPixels, -1.0F);
  bool operator==(const Sample&) const = default;
};

const std::vector<Picture>& frames() {
  static const std::vector<Picture> three = {
      noise_picture(kSize, kSize, 1), noise_picture(kSize, kSize, 2), noise_picture(kSize, kSize, 3)};
  return three;
}

const Mask& mask() {
  static const Mask noise = noise_mask(kSize, kSize, 4);
  return noise;
}

Sample render(const LatentPoseDraws& draws, bool official_border = false) {
  Sample sample;
  render_pictures({frames(), &mask(), {}},
                  draws,
                  official_border,
                  kSize,
                  {sample.identity.data(), sample.pose.data(), sample.target.data(), sample.mask.data()});
  return sample;
}

/// Value of a channel of a picture in [0, 1].
float level(const Picture& picture, std::size_t channel, std::size_t pixel) {
  return static_cast<float>(picture.rgb[3 * pixel + channel]) / 255.0F;
}
float coverage(std::size_t pixel) {
  return static_cast<float>(mask().coverage[pixel]) / 255.0F;
}

LatentPoseDraws shifted(double x, double y) {
  LatentPoseDraws draws;
  draws.shift = draws.quantise_target = true;
  draws.fractions = {x / kSize, y / kSize};
  return draws;
}

TEST(LatentPoseSample, IsTheFramesThemselvesWithoutAugmentation) {
  const Sample sample = render({});
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < kPixels; ++i) {
      EXPECT_EQ(sample.identity[c * kPixels + i], level(frames()[0], c, i));
      EXPECT_EQ(sample.identity[(3 + c) * kPixels + i], level(frames()[1], c, i));
      EXPECT_EQ(sample.pose[c * kPixels + i], level(frames()[2], c, i));
      EXPECT_EQ(sample.target[c * kPixels + i], level(frames()[2], c, i) * coverage(i)) << "not quantised";
    }
  }
  for (std::size_t i = 0; i < kPixels; ++i) EXPECT_EQ(sample.mask[i], coverage(i));
}

TEST(LatentPoseSample, AugmentsNothingButThePoseFrame) {
  const Sample plain = render({});
  int changed = 0;
  for (std::uint64_t g = 0; g < 20; ++g) {
    const Sample sample = render(draw_latent_pose(3, g, {.use_affine_shift = false}));
    EXPECT_EQ(sample.identity, plain.identity);
    EXPECT_EQ(sample.target, plain.target);
    EXPECT_EQ(sample.mask, plain.mask);
    changed += sample.pose != plain.pose ? 1 : 0;
  }
  EXPECT_GT(changed, 10);
}

TEST(LatentPoseSample, QuantisesTheTargetByTruncationWhereShiftsMayHappen) {
  LatentPoseDraws draws;
  draws.quantise_target = true;
  const Sample sample = render(draws);
  for (std::size_t i = 0; i < kPixels; ++i) {
    const int product = frames()[2].rgb[3 * i] * mask().coverage[i];
    const float bytes = sample.target[i] * 255.0F;
    if (product % 255 != 0) {
      EXPECT_NEAR(bytes, product / 255, 1e-4);
    }
  }
  EXPECT_EQ(sample.mask, render({}).mask);
  EXPECT_EQ(sample.pose, render({}).pose);
}

TEST(LatentPoseSample, ShiftsPoseTargetAndMaskAlike) {
  LatentPoseDraws still;
  still.quantise_target = true;
  const Sample before = render(still);
  const Sample after = render(shifted(3, -2));
  EXPECT_EQ(after.identity, before.identity);
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const auto at = static_cast<std::size_t>(y * kSize + x);
      const auto from = static_cast<std::size_t>(walk_mirrored(y + 2, kSize) * kSize + walk_mirrored(x - 3, kSize));
      for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_EQ(after.pose[c * kPixels + at], before.pose[c * kPixels + from]);
        EXPECT_EQ(after.target[c * kPixels + at], before.target[c * kPixels + from]);
      }
      const bool inside = y + 2 < kSize && x - 3 >= 0;
      EXPECT_EQ(after.mask[at], inside ? before.mask[from] : 0.0F) << "the mask has zeros around it";
    }
  }
}

TEST(LatentPoseSample, MasksAreShiftedBetweenPixelsByCubicConvolution) {
  const Sample sample = render(shifted(0.5, 0));
  // Weights of a place halfway: -3/32, 19/32, 19/32, -3/32.
  for (std::size_t x = 2; x + 1 < kSize; ++x) {
    const std::size_t at = 7 * kSize + x;
    const float sum = (19 * (coverage(at - 1) + coverage(at)) - 3 * (coverage(at - 2) + coverage(at + 1))) / 32;
    EXPECT_NEAR(sample.mask[at], std::clamp(sum, 0.0F, 1.0F), 1e-6F);
  }
}

TEST(LatentPoseSample, IsAPureFunctionOfItsArguments) {
  const LatentPoseDraws draws = draw_latent_pose(9, 1, {});
  const Sample once = render(draws, true);
  render(draw_latent_pose(9, 2, {}), true);
  EXPECT_EQ(once, render(draws, true));
  std::size_t others = 0;
  for (std::uint64_t g = 2; g < 12; ++g) others += render(draw_latent_pose(9, g, {}), true).pose != once.pose ? 1U : 0U;
  EXPECT_EQ(others, 10U);
}

TEST(LatentPoseSample, StaysWithin0And1) {
  for (std::uint64_t g = 0; g < 30; ++g) {
    const Sample sample = render(draw_latent_pose(4, g, {}), true);
    for (const auto* values : {&sample.identity, &sample.pose, &sample.target, &sample.mask}) {
      const auto [least, most] = std::minmax_element(values->begin(), values->end());
      EXPECT_GE(*least, 0.0F);
      EXPECT_LE(*most, 1.0F);
    }
  }
}

TEST(LatentPoseSample, CutsEachFrameByItsBox) {
  const std::vector<FaceBox> boxes = {{8, 8, 18, 18}, {10, 10, 20, 20}, {12, 12, 22, 22}};
  Sample sample;
  render_pictures({frames(), &mask(), boxes}, {}, true, kSize, {.identity_frames = sample.identity.data()});
  Picture crop;
  crop_frame(frames()[1], {.official_border = true, .box = boxes[1], .size = kSize}, crop);
  for (std::size_t i = 0; i < kPixels; ++i) EXPECT_EQ(sample.identity[3 * kPixels + i], level(crop, 0, i));
  EXPECT_EQ(sample.pose[0], -1.0F) << "what is null is not made";
}

TEST(LatentPoseSample, RefusesWhatDoesNotFit) {
  Sample sample;
  const LatentPosePictures out{.target = sample.target.data()};
  const std::vector<FaceBox> one_box(1);
  const Mask small = noise_mask(16, 16);
  EXPECT_THROW(render_pictures({frames(), nullptr, {}}, {}, true, kSize, out), DataError);
  EXPECT_THROW(render_pictures({frames(), &small, {}}, {}, true, kSize, out), DataError);
  EXPECT_THROW(render_pictures({frames(), &mask(), one_box}, {}, true, kSize, out), DataError);
  EXPECT_THROW(render_pictures({std::span(frames()).first(0), &mask(), {}}, {}, true, kSize, out), DataError);
}

}  // namespace
}  // namespace understudy
