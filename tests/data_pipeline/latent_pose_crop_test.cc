#include "data_pipeline/latent_pose_crop.h"

#include <vector>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "data_pipeline/resize_picture.h"
#include "tests/data_pipeline/noise_picture.h"

namespace understudy {
namespace {

/// The published crop before it is resized, slowly and in double: of a frame without its outermost pixels.
struct SlowCrop {
  int side = 0;
  std::vector<double> levels;  ///< side x side x 3
};

class SlowCropper {
 public:
  SlowCropper(const Picture& frame, const Rectangle& square, bool mask)
      : frame_(frame), square_(square), mask_(mask), side_(square.width) {
    const auto missing = [](int start, int side, int length) {
      return std::array<double, 2>{static_cast<double>(std::max(0, 1 - start)),
                                   static_cast<double>(std::max(0, start + side - (length - 1)))};
    };
    x_ = missing(square.left, side_, frame.width);
    y_ = missing(square.top, side_, frame.height);
  }

  SlowCrop run() const {
    SlowCrop crop{side_, std::vector<double>(static_cast<std::size_t>(side_ * side_ * 3))};
    for (int i = 0; i < side_ * side_ * 3; ++i)
      crop.levels[static_cast<std::size_t>(i)] = blurred(i / 3 % side_, i / 3 / side_, i % 3);
    for (int c = 0; c < 3; ++c) fade(c, crop.levels);
    return crop;
  }

 private:
  static double depth(int i, int side, const std::array<double, 2>& missing) {
    const double before = missing[0] > 0 ? i / missing[0] : 1e9;
    const double after = missing[1] > 0 ? (side - 1 - i) / missing[1] : 1e9;
    return 1 - std::min(before, after);
  }

  /// A place of the padded square, in the frame.
  int place(int i, int start, const std::array<double, 2>& missing) const {
    const int first = std::max(1, start);
    const int count = side_ - static_cast<int>(missing[0] + missing[1]);
    const int inside = i - static_cast<int>(missing[0]);
    return first + (mask_ ? std::clamp(inside, 0, count - 1) : walk_mirrored(inside, count));
  }

  double padded(int x, int y, int c) const {
    x = walk_mirrored(x, side_);
    y = walk_mirrored(y, side_);
    if (mask_ && y < y_[0]) return 0.0;
    return frame_.pixel(place(x, square_.left, x_), place(y, square_.top, y_))[c];
  }

  double blurred(int x, int y, int c) const {
    const double weight = std::clamp(3 * std::max(depth(x, side_, x_), depth(y, side_, y_)) + 1, 0.0, 1.0);
    const double sharp = padded(x, y, c);
    if (weight == 0.0) return sharp;
    const double sigma = side_ * 0.016;
    double sum = 0.0;
    double weights = 0.0;
    for (int j = -4; j <= 4; ++j) {
      for (int i = -4; i <= 4; ++i) {
        const double one = std::exp(-(i * i + j * j) / (2 * sigma * sigma));
        sum += one * padded(x + i, y + j, c);
        weights += one;
      }
    }
    return sharp + (sum / weights - sharp) * weight;
  }

  void fade(int c, std::vector<double>& levels) const {
    std::vector<double> sorted;
    for (std::size_t i = static_cast<std::size_t>(c); i < levels.size(); i += 3) sorted.push_back(levels[i]);
    std::sort(sorted.begin(), sorted.end());
    const double median = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
    for (int i = 0; i < side_ * side_; ++i) {
      const double across = depth(i % side_, side_, x_);
      const double weight = std::clamp(mask_ ? across : std::max(across, depth(i / side_, side_, y_)), 0.0, 1.0);
      double& level = levels[static_cast<std::size_t>(3 * i + c)];
      level += ((mask_ ? 0.0 : median) - level) * weight;
    }
  }

  const Picture& frame_;
  Rectangle square_;
  bool mask_;
  int side_;
  std::array<double, 2> x_{};
  std::array<double, 2> y_{};
};

const std::vector<std::optional<FaceBox>>& boxes() {
  static const std::vector<std::optional<FaceBox>> all = {std::nullopt,
                                                          FaceBox{20.5F, 15.25F, 32.0F, 30.0F},
                                                          FaceBox{-6.0F, -8.0F, 18.0F, 20.0F},
                                                          FaceBox{30.0F, 25.0F, 55.0F, 52.0F},
                                                          FaceBox{4.0F, 10.0F, 24.0F, 31.0F}};
  return all;
}

TEST(LatentPoseCrop, OfAWholeFrameIsOnePixelLarger) {
  EXPECT_EQ(official_square({256, 256}, std::nullopt), (Rectangle{0, 0, 257, 257}));
}

TEST(LatentPoseCrop, OfABoxIs1Point8TimesItsLongerSide) {
  // Middle (80, 100), half a side of 45: x from 35 to 125, exclusive 126.
  EXPECT_EQ(official_square({256, 256}, FaceBox{60, 75, 100, 125}), (Rectangle{35, 55, 91, 91}));
  // Half a side of 18.9: x from floor(1.35) to ceil(39.15); y begins at floor(1.1) and has the same length.
  EXPECT_EQ(official_square({64, 64}, FaceBox{10, 10, 30.5F, 31}), (Rectangle{1, 1, 40, 40}));
}

// In the size of the square nothing is resampled.
TEST(LatentPoseCrop, ReproducesTheOfficialBorder) {
  const Picture frame = noise_picture(48, 48);
  for (const auto& box : boxes()) {
    const Rectangle square = official_square({48, 48}, box);
    const SlowCrop slow = SlowCropper(frame, square, false).run();
    Picture crop;
    crop_frame(frame, {.official_border = true, .box = box, .size = square.width}, crop);
    const auto expected = [&](int x, int y, int c) {
      return slow.levels[static_cast<std::size_t>((y * slow.side + x) * 3 + c)];
    };
    EXPECT_LT(largest_difference(crop, expected), 2.6) << "weights of the blur have eight bits";
    const auto exact_inside = [&](int x, int y, int c) {
      const double level = expected(x, y, c);
      return level == std::floor(level) ? level : static_cast<double>(crop.pixel(x, y)[c]);
    };
    EXPECT_EQ(largest_difference(crop, exact_inside), 0.0);
  }
}

TEST(LatentPoseCrop, ReproducesTheOfficialBorderOfMasks) {
  const Picture noise = noise_picture(48, 48);
  Picture frame = noise;
  Mask mask{48, 48, {}};
  for (std::size_t i = 0; i < noise.rgb.size(); i += 3) {
    mask.coverage.push_back(noise.rgb[i]);
    frame.rgb[i + 1] = frame.rgb[i + 2] = noise.rgb[i];
  }
  for (const auto& box : boxes()) {
    const Rectangle square = official_square({48, 48}, box);
    const SlowCrop slow = SlowCropper(frame, square, true).run();
    Mask crop;
    crop_mask(mask, {.official_border = true, .box = box, .size = square.width}, crop);
    for (std::size_t i = 0; i < crop.coverage.size(); ++i) EXPECT_NEAR(crop.coverage[i], slow.levels[3 * i], 2.6) << i;
  }
}

TEST(LatentPoseCrop, HasTheMedianColourAtTheEdgeAndNoMaskAtTheSides) {
  Picture frame(64, 64);
  for (std::size_t i = 0; i < frame.rgb.size(); ++i) frame.rgb[i] = std::array<std::uint8_t, 3>{20, 120, 200}[i % 3];
  for (int y = 20; y < 40; ++y) {
    for (int x = 0; x < 64; ++x) frame.pixel(x, y)[0] = 250;
  }
  Picture crop;
  crop_frame(frame, {.official_border = true, .box = std::nullopt, .size = 65}, crop);
  EXPECT_EQ(crop.pixel(0, 30)[0], 20);
  EXPECT_EQ(crop.pixel(64, 30)[0], 20);
  EXPECT_EQ(crop.pixel(2, 30)[0], 250);
  EXPECT_EQ(crop.pixel(0, 30)[2], 200);
  Mask crop_of_mask;
  crop_mask({64, 64, std::vector<std::uint8_t>(64 * 64, 255)},
            {.official_border = true, .box = std::nullopt, .size = 65},
            crop_of_mask);
  EXPECT_EQ(crop_of_mask.coverage[30 * 65], 0);
  EXPECT_EQ(crop_of_mask.coverage[30 * 65 + 64], 0);
  EXPECT_EQ(crop_of_mask.coverage[30 * 65 + 2], 255);
  EXPECT_EQ(crop_of_mask.coverage[64 * 65 + 30], 255) << "repeated below";
  EXPECT_LT(crop_of_mask.coverage[30], 200) << "empty above, blurred";
}

TEST(LatentPoseCrop, TakesTheMeanOfTheTwoMiddleColours) {
  Picture halves(48, 48);
  for (int y = 0; y < 48; ++y) std::fill_n(halves.pixel(24, y), 3 * 24, std::uint8_t{200});
  // A square of 26 x 26 from (11, -11) on: 13 dark and 13 bright columns, the upper rows padded.
  Picture crop;
  crop_frame(halves, {.official_border = true, .box = FaceBox{17, -5, 30, 8}, .size = 26}, crop);
  EXPECT_NEAR(crop.pixel(0, 0)[0], 100, 1);
  EXPECT_NEAR(crop.pixel(25, 0)[0], 100, 1);
  EXPECT_EQ(crop.pixel(0, 25)[0], 0);
  EXPECT_EQ(crop.pixel(25, 25)[0], 200);
}

TEST(LatentPoseCrop, ResamplesSquaresOfAnotherSize) {
  const Picture frame = noise_picture(48, 48);
  Picture square;
  crop_frame(frame, {.official_border = true, .box = std::nullopt, .size = 49}, square);
  for (const int size : {48, 30, 64}) {
    Picture crop;
    crop_frame(frame, {.official_border = true, .box = std::nullopt, .size = size}, crop);
    EXPECT_EQ(crop.rgb, resize_picture(square, size, size).rgb) << size;
  }
}

TEST(LatentPoseCrop, MasksAreResizedBilinearly) {
  const Mask mask = noise_mask(30, 30);
  Mask crop;
  crop_mask(mask, {.official_border = false, .box = std::nullopt, .size = 45}, crop);
  for (int y = 0; y < 45; ++y) {
    for (int x = 0; x < 45; ++x) {
      const double px = (x + 0.5) * 30 / 45 - 0.5;
      const double py = (y + 0.5) * 30 / 45 - 0.5;
      double sum = 0.0;
      for (int j = -1; j < 31; ++j) {
        for (int i = -1; i < 31; ++i) {
          const auto at = static_cast<std::size_t>(std::clamp(j, 0, 29) * 30 + std::clamp(i, 0, 29));
          sum += std::max(0.0, 1 - std::abs(px - i)) * std::max(0.0, 1 - std::abs(py - j)) * mask.coverage[at];
        }
      }
      EXPECT_NEAR(crop.coverage[static_cast<std::size_t>(y * 45 + x)], sum, 0.501);
    }
  }
}

TEST(LatentPoseCrop, WithoutTheOfficialBorderFramesOfTheRightSizeAreKept) {
  const Picture frame = noise_picture(48, 48);
  Picture crop;
  crop_frame(frame, {.official_border = false, .box = std::nullopt, .size = 48}, crop);
  EXPECT_EQ(crop.rgb, frame.rgb);
  const Mask mask = noise_mask(48, 48);
  Mask crop_of_mask;
  crop_mask(mask, {.official_border = false, .box = std::nullopt, .size = 48}, crop_of_mask);
  EXPECT_EQ(crop_of_mask.coverage, mask.coverage);
}

TEST(LatentPoseCrop, WithoutTheOfficialBorderSquaresStayInsideTheFrame) {
  const Picture frame = noise_picture(48, 40);
  Picture crop;
  // Wanted: x -20 ... 16, y 22 ... 58; moved to the lower left corner.
  crop_frame(frame, {.official_border = false, .box = FaceBox{-12, 30, 8, 50}, .size = 36}, crop);
  EXPECT_EQ(crop.rgb, resize_picture(frame, {0, 4, 36, 36}, 36, 36).rgb);
}

TEST(LatentPoseCrop, RefusesSquaresOutsideTheFrame) {
  Picture crop;
  EXPECT_THROW(crop_frame(noise_picture(48, 48), {.box = FaceBox{200, 10, 220, 30}, .size = 32}, crop), DataError);
}

}  // namespace
}  // namespace understudy
