#include "data_pipeline/latent_pose_augmentation.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/data_pipeline/noise_picture.h"
#include "tests/support/chi_square.h"

namespace understudy {
namespace {

const Picture& picture() {
  static const Picture noise = noise_picture(40, 32);
  return noise;
}

Picture changed(PoseOperator which, const LatentPoseDraws& draws, const Picture& from = picture()) {
  Picture result = from;
  apply_pose_operator(which, draws, result);
  return result;
}

/// Sum over 3 x 3 pixels.
double correlation(const std::array<double, 9>& kernel, int x, int y, int c) {
  double sum = 0.0;
  for (int i = 0; i < 9; ++i) {
    sum += kernel[static_cast<std::size_t>(i)] * mirrored_level(picture(), x + i % 3 - 1, y + i / 3 - 1, c);
  }
  return std::clamp(sum, 0.0, 255.0);
}

TEST(PoseAugmentation, BlursInOneOfThreeWays) {
  LatentPoseDraws draws;
  draws.parameters.blur = {PoseBlur::Kind::kGaussian, 1e-3, 3};
  EXPECT_EQ(changed(PoseOperator::kBlur, draws).rgb, picture().rgb) << "too narrow to act";
  draws.parameters.blur.sigma = 0.8;
  double weight_sum = 0.0;
  for (int i = -2; i <= 2; ++i) weight_sum += std::exp(-i * i / 1.28);
  const auto expected = [&](int x, int y, int c) {
    double sum = 0.0;
    for (int i = 0; i < 25; ++i) {
      const int dx = i % 5 - 2;
      const int dy = i / 5 - 2;
      sum += std::exp(-(dx * dx + dy * dy) / 1.28) * mirrored_level(picture(), x + dx, y + dy, c);
    }
    return sum / weight_sum / weight_sum;
  };
  EXPECT_LT(largest_difference(changed(PoseOperator::kBlur, draws), expected), 2.0) << "weights have eight bits";
  std::set<std::vector<std::uint8_t>> results;
  for (const auto kind : {PoseBlur::Kind::kMean, PoseBlur::Kind::kMedian}) {
    for (const int side : {1, 2, 3}) {
      draws.parameters.blur = {kind, 0.8, side};
      results.insert(changed(PoseOperator::kBlur, draws).rgb);
    }
  }
  EXPECT_EQ(results.count(picture().rgb), 1U) << "side 1";
  EXPECT_EQ(results.size(), 4U) << "a median of side 2 is one of side 3";
}

TEST(PoseAugmentation, Sharpens) {
  LatentPoseDraws draws;
  draws.parameters.sharpen = {0.37, 1.21};
  const auto expected = [](int x, int y, int c) {
    return correlation({-0.37, -0.37, -0.37, -0.37, 0.63 + 0.37 * 9.21, -0.37, -0.37, -0.37, -0.37}, x, y, c);
  };
  EXPECT_LT(largest_difference(changed(PoseOperator::kSharpen, draws), expected), 0.501);
}

TEST(PoseAugmentation, Embosses) {
  LatentPoseDraws draws;
  draws.parameters.emboss = {0.6, 0.3};
  const auto expected = [](int x, int y, int c) {
    return correlation({-0.78, -0.18, 0, -0.18, 1.0, 0.18, 0, 0.18, 0.78}, x, y, c);
  };
  EXPECT_LT(largest_difference(changed(PoseOperator::kEmboss, draws), expected), 0.501);
}

TEST(PoseAugmentation, BlendsEdgesWhereTheNoiseIsStrong) {
  LatentPoseDraws draws;
  PoseEdgeBlend& blend = draws.parameters.edge_blend;
  blend = {.alpha = 0.12,
           .threshold = -40.0,
           .maps = 3,
           .map = {{{3, Upscaling::kLinear}, {5, Upscaling::kCubic}, {9, Upscaling::kNearest}}}};
  const auto edges = [](int x, int y, int c) {
    return correlation({0, 0.12, 0, 0.12, 0.88 - 0.48, 0.12, 0, 0.12, 0}, x, y, c);
  };
  EXPECT_LT(largest_difference(changed(PoseOperator::kEdgeBlend, draws), edges), 0.501);
  blend.threshold = 40.0;
  EXPECT_EQ(changed(PoseOperator::kEdgeBlend, draws).rgb, picture().rgb);

  blend.threshold = 0.7;
  std::array<std::vector<std::uint8_t>, 3> maps;
  for (std::uint16_t i = 0; i < 3; ++i) {
    Draws noise(draws.seed, Purpose::kPoseNoise, draws.sample, static_cast<std::uint16_t>(2 + i));
    draw_blobs(blend.map[i], noise, 40, 32, maps[i]);
  }
  const auto blended = [&](int x, int y, int c) {
    const auto at = static_cast<std::size_t>(y * 40 + x);
    const double noise = std::max({maps[0][at], maps[1][at], maps[2][at]}) / 255.0;
    const double weight = 1 / (1 + std::exp(-(20 * noise - 10 - 0.7)));
    const double level = picture().pixel(x, y)[c];
    return level + weight * (std::round(edges(x, y, c)) - level);
  };
  EXPECT_LT(largest_difference(changed(PoseOperator::kEdgeBlend, draws), blended), 1.01);
}

TEST(PoseAugmentation, AddsTheSameGaussianNoiseToAllChannels) {
  LatentPoseDraws draws;
  draws.parameters.noise_deviation = 8.0;
  Picture grey(128, 100);
  std::fill(grey.rgb.begin(), grey.rgb.end(), std::uint8_t{128});
  const Picture noisy = changed(PoseOperator::kGaussianNoise, draws, grey);
  std::vector<std::size_t> counts(50);
  std::vector<double> shares(50);
  const auto below = [](double x) { return 0.5 * std::erfc(-x / 8 / std::sqrt(2.0)); };
  for (int i = 0; i < 50; ++i) {
    const double low = i == 0 ? 0.0 : below(i - 25.5);
    shares[static_cast<std::size_t>(i)] = (i == 49 ? 1.0 : below(i - 24.5)) - low;
  }
  for (std::size_t i = 0; i < noisy.rgb.size(); i += 3) {
    ASSERT_TRUE(noisy.rgb[i] == noisy.rgb[i + 1] && noisy.rgb[i] == noisy.rgb[i + 2]);
    ++counts[static_cast<std::size_t>(std::clamp(noisy.rgb[i] - 128 + 25, 0, 49))];
  }
  EXPECT_GT(p_value(counts, shares), kSmallestP);
}

TEST(PoseAugmentation, ChangesColoursByTables) {
  LatentPoseDraws draws;
  draws.parameters.add = {-7, 0, 9};
  const std::array<double, 3> added = {-7, 0, 9};
  const auto sum = [&](int x, int y, int c) {
    return std::clamp(picture().pixel(x, y)[c] + added[static_cast<std::size_t>(c)], 0.0, 255.0);
  };
  EXPECT_EQ(largest_difference(changed(PoseOperator::kAdd, draws), sum), 0.0);
  draws.parameters.multiply = 0.75;
  const auto product = [](int x, int y, int c) { return std::floor(0.75 * picture().pixel(x, y)[c]); };
  EXPECT_EQ(largest_difference(changed(PoseOperator::kMultiply, draws), product), 0.0);
  draws.parameters.contrast = {.sigmoid = false, .factor = 1.125, .gain = 5.5};
  const auto linear = [](int x, int y, int c) {
    return std::floor(std::clamp(127 + 1.125 * (picture().pixel(x, y)[c] - 127), 0.0, 255.0));
  };
  EXPECT_EQ(largest_difference(changed(PoseOperator::kContrast, draws), linear), 0.0);
  draws.parameters.contrast.sigmoid = true;
  const auto sigmoid = [](int x, int y, int c) {
    return std::floor(255 / (1 + std::exp(5.5 * (0.5 - picture().pixel(x, y)[c] / 255.0))));
  };
  EXPECT_EQ(largest_difference(changed(PoseOperator::kContrast, draws), sigmoid), 0.0);
  draws.parameters.add_to_saturation = -20;
  Picture red(2, 1);
  red.rgb = {200, 100, 50, 200, 100, 50};
  EXPECT_EQ(changed(PoseOperator::kSaturation, draws, red).rgb[2], 65);
}

TEST(PoseAugmentation, CompressesWithQualities31To4) {
  EXPECT_EQ(jpeg_quality(70), 31);
  EXPECT_EQ(jpeg_quality(84), 18);
  EXPECT_EQ(jpeg_quality(98), 4);
  EXPECT_EQ(jpeg_quality(0), 100);
  LatentPoseDraws draws;
  draws.parameters.jpeg_compression = 84;
  EXPECT_EQ(changed(PoseOperator::kJpeg, draws).rgb, decode_jpeg(encode_jpeg(picture(), 18), "test").rgb);
}

/// What cubic convolution with a = -0.75 makes of the line 0, 1, 2, ... at a place in [0, 1): not the place itself.
double on_a_line(double t) {
  const auto near = [](double x) { return 1.25 * x * x * x - 2.25 * x * x + 1; };
  const auto far = [](double x) { return -0.75 * (x * x * x - 5 * x * x + 8 * x - 4); };
  return -far(1 + t) + near(1 - t) + 2 * far(2 - t);
}

/// Probabilities of changes by -12 ... 12 levels of a slope of four levels a pixel, displaced by up to three pixels, in
/// multiples of 1/32; halves go either way.
std::vector<double> shares_of_changes() {
  std::vector<double> shares(25);
  for (int part = -96; part <= 96; ++part) {
    const double share = (std::abs(part) == 96 ? 0.5 : 1.0) / 192;
    const double whole = std::floor(part / 32.0);
    const double change = 4 * (whole + on_a_line(part / 32.0 - whole)) + 12;
    for (const double tie : {-0.01, 0.01}) shares[static_cast<std::size_t>(std::round(change + tie))] += share / 2;
  }
  return shares;
}

TEST(PoseAugmentation, DisplacesPixelsIfTheCoinSaysSo) {
  LatentPoseDraws draws;
  draws.parameters.elastic = {false, 3.0};
  EXPECT_EQ(changed(PoseOperator::kElastic, draws).rgb, picture().rgb);
  draws.parameters.elastic = {true, 3.0};
  // On a slope, the change of a pixel shows its displacement.
  Picture slope(64, 64);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      slope.pixel(x, y)[0] = static_cast<std::uint8_t>(4 * x);
      slope.pixel(x, y)[1] = static_cast<std::uint8_t>(4 * y);
    }
  }
  const Picture displaced = changed(PoseOperator::kElastic, draws, slope);
  std::vector<std::size_t> right(25);
  std::vector<std::size_t> down(25);
  for (int y = 6; y < 58; ++y) {
    for (int x = 6; x < 58; ++x) {
      ++right.at(static_cast<std::size_t>(displaced.pixel(x, y)[0] - 4 * x + 12));
      ++down.at(static_cast<std::size_t>(displaced.pixel(x, y)[1] - 4 * y + 12));
    }
  }
  const std::vector<double> shares = shares_of_changes();
  EXPECT_GT(p_value(right, shares), kSmallestP);
  EXPECT_GT(p_value(down, shares), kSmallestP);
}

TEST(PoseAugmentation, IsAPureFunctionOfItsDraws) {
  for (int i = 0; i < 11; ++i) {
    LatentPoseDraws draws = draw_latent_pose(5, 17, {});
    draws.parameters.elastic.act = true;
    const auto which = static_cast<PoseOperator>(i);
    const Picture once = changed(which, draws);
    changed(which, draws, noise_picture(17, 90, 3));
    EXPECT_EQ(once.rgb, changed(which, draws).rgb) << i;
    const bool noisy = which == PoseOperator::kGaussianNoise || which == PoseOperator::kElastic;
    draws.sample = 18;
    EXPECT_EQ(once.rgb != changed(which, draws).rgb, noisy || which == PoseOperator::kEdgeBlend) << i;
  }
}

TEST(PoseAugmentation, ActsInTheDrawnOrder) {
  LatentPoseDraws draws;
  draws.operators = {PoseOperator::kMultiply, PoseOperator::kAdd};
  draws.operator_count = 2;
  draws.parameters.multiply = 0.5;
  draws.parameters.add = {10, 10, 10};
  Picture result = picture();
  augment_pose(draws, result);
  EXPECT_EQ(largest_difference(result, [](int x, int y, int c) { return picture().pixel(x, y)[c] / 2 + 10; }), 0.0);
  std::swap(draws.operators[0], draws.operators[1]);
  result = picture();
  augment_pose(draws, result);
  const auto other = [](int x, int y, int c) { return std::floor(std::min(255, picture().pixel(x, y)[c] + 10) / 2.0); };
  EXPECT_EQ(largest_difference(result, other), 0.0);
}

TEST(PoseAugmentation, ScalesBeforeOrAfterTheOperators) {
  LatentPoseDraws draws;
  draws.scale = true;
  draws.factors = {1.2, 0.8};
  Picture scaled = picture();
  augment_pose(draws, scaled);
  draws.operators[0] = PoseOperator::kElastic;
  draws.operator_count = 1;
  draws.parameters.elastic = {true, 2.0};
  const auto run = [&](bool scale_first) {
    draws.scale_first = scale_first;
    Picture result = picture();
    augment_pose(draws, result);
    return result.rgb;
  };
  EXPECT_EQ(run(true), changed(PoseOperator::kElastic, draws, scaled).rgb);
  EXPECT_NE(run(false), run(true));
}

TEST(PoseAugmentation, ShiftsByFractionsOfTheSides) {
  LatentPoseDraws draws;
  Picture shifted = picture();
  draws.fractions = {0.05, -0.03125};  // 2 and -1 pixels
  shift_picture(draws, shifted);
  EXPECT_EQ(shifted.rgb, picture().rgb) << "not drawn";
  draws.shift = true;
  shift_picture(draws, shifted);
  const auto expected = [](int x, int y, int c) { return mirrored_level(picture(), x - 2, y + 1, c); };
  EXPECT_EQ(largest_difference(shifted, expected), 0.0);
}

}  // namespace
}  // namespace understudy
