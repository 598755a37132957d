// Whether FSRT's draws have the official distributions (FSRT supplement; srt/data/vox.py): chi^2 tests of marginals.
#include <array>
#include <map>

#include <gtest/gtest.h>

#include "data_pipeline/fsrt_draws.h"
#include "tests/data_pipeline/fsrt_golden.h"
#include "tests/support/chi_square.h"

namespace understudy {
namespace {

constexpr std::size_t kBins = 25;
constexpr int kWidth = 320;
constexpr int kHeight = 288;
const std::array<Landmarks68, 2> kFaces = {golden::landmarks(0), golden::landmarks(1)};
const FsrtFrames kFrames{
    .landmarks = kFaces, .landmark_reference_size = 256.0F, .native = {kWidth, kHeight}, .picture_size = 256};

/// 12,000 samples drawn once for all tests.
const std::vector<FsrtDraws>& draws() {
  static const std::vector<FsrtDraws> all = [] {
    FsrtDataConfig config;
    config.query_pixels = 16 * 16;  // a grid of 256 offsets
    std::vector<FsrtDraws> drawn;
    for (std::uint64_t g = 0; g < 12000; ++g)
      drawn.push_back(draw_augmentation(20240601, g, config, FsrtMode::kWholePicture, kFrames));
    return drawn;
  }();
  return all;
}

/// Counts of a number of each sample, [0, bins). @param chosen  which samples count
template <class Number, class Chosen>
std::vector<std::size_t> counts_of(std::size_t bins, Number number, Chosen chosen) {
  std::vector<std::size_t> counts(bins);
  for (const FsrtDraws& sample : draws()) {
    if (chosen(sample)) ++counts.at(static_cast<std::size_t>(number(sample)));
  }
  return counts;
}
template <class Number>
std::vector<std::size_t> counts_of(std::size_t bins, Number number) {
  return counts_of(bins, number, [](const FsrtDraws&) { return true; });
}

std::size_t bin(double value, double low, double high) {
  return std::min(kBins - 1, static_cast<std::size_t>((value - low) / (high - low) * kBins));
}

TEST(FsrtDistribution, OfCoins) {
  EXPECT_GT(p_value(counts_of(2, [](const FsrtDraws& d) { return d.flip; })), kSmallestP);
  EXPECT_GT(p_value(counts_of(2, [](const FsrtDraws& d) { return d.out_of_frame; })), kSmallestP);
  EXPECT_GT(p_value(counts_of(2, [](const FsrtDraws& d) { return d.use_plain_expression; }), {0.75, 0.25}), kSmallestP);
  EXPECT_GT(p_value(counts_of(4, [](const FsrtDraws& d) { return 2 * d.flip + d.out_of_frame; })), kSmallestP);
}

TEST(FsrtDistribution, OfTheStrengthsOfEveryColourVersion) {
  for (std::size_t v = 0; v < 3; ++v) {
    const auto factor = [v](float ColourJitter::*strength) {
      return counts_of(kBins, [v, strength](const FsrtDraws& d) {
        return bin(static_cast<double>(d.jitter[v].*strength), 0.9, 1.1);
      });
    };
    EXPECT_GT(p_value(factor(&ColourJitter::brightness)), kSmallestP);
    EXPECT_GT(p_value(factor(&ColourJitter::contrast)), kSmallestP);
    EXPECT_GT(p_value(factor(&ColourJitter::saturation)), kSmallestP);
    EXPECT_GT(p_value(counts_of(kBins, [v](const FsrtDraws& d) { return bin(d.jitter[v].hue, -0.1, 0.1); })),
              kSmallestP);
  }
}

TEST(FsrtDistribution, OfTheOrderOfColourOperations) {
  for (std::size_t v = 0; v < 3; ++v) {
    std::map<std::array<ColourOperation, 4>, std::size_t> orders;
    for (const FsrtDraws& sample : draws()) ++orders[sample.jitter[v].order];
    ASSERT_EQ(orders.size(), 24U);
    std::vector<std::size_t> counts;
    for (const auto& [order, count] : orders) counts.push_back(count);
    EXPECT_GT(p_value(counts), kSmallestP);
  }
}

using Side = std::uint32_t CropMargins::*;

/// Probabilities of the draws of one side when all pairs with the opposite side that leave a valid crop are equally
/// likely.
std::vector<double> probabilities(const CropMargins& bounds, Side side, Side opposite) {
  std::vector<double> counts(bounds.*side);
  double valid = 0;
  for (std::uint32_t a = 0; a < bounds.*side; ++a) {
    for (std::uint32_t b = 0; b < bounds.*opposite; ++b) {
      CropMargins margins;
      margins.*side = a;
      margins.*opposite = b;
      const double one = out_of_frame_crop(margins, kWidth, kHeight).valid ? 1 : 0;
      counts[a] += one;
      valid += one;
    }
  }
  for (double& count : counts) count /= valid;
  return counts;
}

// The draw is repeated until the crop is valid, so what is valid is equally likely. The axes are valid each for itself.
TEST(FsrtDistribution, OfTheOutOfFrameCrop) {
  constexpr std::array<std::pair<Side, Side>, 4> kSides = {{{&CropMargins::left, &CropMargins::right},
                                                            {&CropMargins::right, &CropMargins::left},
                                                            {&CropMargins::top, &CropMargins::bottom},
                                                            {&CropMargins::bottom, &CropMargins::top}}};
  for (const bool flip : {false, true}) {
    const CropMargins bounds = out_of_frame_bounds(landmark_box(std::span(kFaces).first(1), 256.0F, flip));
    for (const auto& [side, opposite] : kSides) {
      const auto counts = counts_of(
          bounds.*side,
          [side = side](const FsrtDraws& d) { return d.out_of_frame_margins.*side; },
          [flip](const FsrtDraws& d) { return d.out_of_frame && d.flip == flip; });
      EXPECT_GT(p_value(counts, probabilities(bounds, side, opposite)), kSmallestP);
    }
  }
}

TEST(FsrtDistribution, OfTheFaceCrop) {
  for (const bool flip : {false, true}) {
    const CropMargins bounds = face_crop_bounds(landmark_box(std::span(kFaces).last(1), 256.0F, flip));
    for (const Side side : {&CropMargins::left, &CropMargins::right, &CropMargins::top, &CropMargins::bottom}) {
      const auto counts = counts_of(
          bounds.*side,
          [side](const FsrtDraws& d) { return d.face_crop_margins.*side; },
          [flip](const FsrtDraws& d) { return d.flip == flip; });
      EXPECT_GT(p_value(counts), kSmallestP);
    }
  }
}

TEST(FsrtDistribution, OfTheOffsetsOfTheQueryGrid) {
  const auto offset = [](const FsrtDraws& d) { return d.query_pixels[0] / 256 * 16 + d.query_pixels[0] % 256; };
  EXPECT_GT(p_value(counts_of(256, offset)), kSmallestP);
}

TEST(FsrtDistribution, OfFreelyDrawnPixels) {
  FsrtDataConfig config;
  config.query_pixels_phase1 = 16;
  std::vector<std::size_t> rows(32);
  std::vector<std::size_t> columns(32);
  for (std::uint64_t g = 0; g < 2000; ++g) {
    for (const std::int64_t pixel : draw_augmentation(20240601, g, config, FsrtMode::kPhase1, kFrames).query_pixels) {
      ++rows[static_cast<std::size_t>(pixel / 256 / 8)];
      ++columns[static_cast<std::size_t>(pixel % 256 / 8)];
    }
  }
  EXPECT_GT(p_value(rows), kSmallestP);
  EXPECT_GT(p_value(columns), kSmallestP);
}

}  // namespace
}  // namespace understudy
