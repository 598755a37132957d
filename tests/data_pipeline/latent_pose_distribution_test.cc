// Whether the draws of latent pose descriptors have the official distributions (dataloaders/common/augmentation.py):
// chi^2 tests of marginals.
#include <cmath>

#include <gtest/gtest.h>

#include "data_pipeline/latent_pose_draws.h"
#include "tests/support/chi_square.h"

namespace understudy {
namespace {

constexpr std::size_t kBins = 25;

/// 12,000 samples drawn once for all tests.
const std::vector<LatentPoseDraws>& draws() {
  static const std::vector<LatentPoseDraws> all = [] {
    std::vector<LatentPoseDraws> drawn;
    for (std::uint64_t g = 0; g < 12000; ++g) drawn.push_back(draw_latent_pose(20240601, g, {}));
    return drawn;
  }();
  return all;
}

/// Counts of a number of each sample, [0, bins). @param chosen  which samples count
template <class Number, class Chosen>
std::vector<std::size_t> counts_of(std::size_t bins, Number number, Chosen chosen) {
  std::vector<std::size_t> counts(bins);
  for (const LatentPoseDraws& sample : draws()) {
    if (chosen(sample)) ++counts.at(static_cast<std::size_t>(number(sample)));
  }
  return counts;
}
template <class Number>
std::vector<std::size_t> counts_of(std::size_t bins, Number number) {
  return counts_of(bins, number, [](const LatentPoseDraws&) { return true; });
}

template <class Number>
double p_of_uniform(double low, double high, Number number) {
  return p_value(counts_of(kBins, [&](const LatentPoseDraws& d) { return (number(d) - low) / (high - low) * kBins; }));
}

using D = LatentPoseDraws;

TEST(LatentPoseDistribution, OfHowManyOperatorsAct) {
  EXPECT_GT(p_value(counts_of(6, [](const D& d) { return d.operator_count; })), kSmallestP);
}

TEST(LatentPoseDistribution, OfWhichOperatorActsAtEachPlace) {
  for (std::size_t place = 0; place < 5; ++place) {
    const auto counts = counts_of(
        kPoseOperators,
        [place](const D& d) { return static_cast<int>(d.operators[place]); },
        [place](const D& d) { return d.operator_count > place; });
    EXPECT_GT(p_value(counts), kSmallestP) << place;
  }
}

TEST(LatentPoseDistribution, OfPairsOfOperators) {
  std::vector<std::size_t> counts(kPoseOperators * (kPoseOperators - 1));
  for (const D& d : draws()) {
    if (d.operator_count < 2) continue;
    const auto first = static_cast<std::size_t>(d.operators[0]);
    const auto second = static_cast<std::size_t>(d.operators[1]);
    ++counts[first * (kPoseOperators - 1) + second - (second > first ? 1 : 0)];
  }
  EXPECT_GT(p_value(counts), kSmallestP);
}

TEST(LatentPoseDistribution, OfOrderScaleAndShiftTogether) {
  const auto number = [](const D& d) { return (d.scale_first ? 4 : 0) + (d.scale ? 2 : 0) + (d.shift ? 1 : 0); };
  EXPECT_GT(p_value(counts_of(8, number)), kSmallestP);
}

TEST(LatentPoseDistribution, OfScalesAndShiftsAlongBothAxes) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto scale = counts_of(
        kBins,
        [axis](const D& d) { return (d.factors[axis] - 0.8) / 0.4 * kBins; },
        [](const D& d) { return d.scale; });
    EXPECT_GT(p_value(scale), kSmallestP);
    const auto shift = counts_of(
        kBins,
        [axis](const D& d) { return (d.fractions[axis] + 0.05) / 0.1 * kBins; },
        [](const D& d) { return d.shift; });
    EXPECT_GT(p_value(shift), kSmallestP);
  }
  const auto joint = counts_of(
      25,
      [](const D& d) { return std::floor((d.factors[0] - 0.8) / 0.08) * 5 + std::floor((d.factors[1] - 0.8) / 0.08); },
      [](const D& d) { return d.scale; });
  EXPECT_GT(p_value(joint), kSmallestP) << "x and y are drawn apart";
}

TEST(LatentPoseDistribution, OfUniformParameters) {
  EXPECT_GT(p_of_uniform(0, 1, [](const D& d) { return d.parameters.blur.sigma; }), kSmallestP);
  EXPECT_GT(p_of_uniform(0, 1, [](const D& d) { return d.parameters.sharpen.alpha; }), kSmallestP);
  EXPECT_GT(p_of_uniform(1, 1.5, [](const D& d) { return d.parameters.sharpen.lightness; }), kSmallestP);
  EXPECT_GT(p_of_uniform(0, 1, [](const D& d) { return d.parameters.emboss.alpha; }), kSmallestP);
  EXPECT_GT(p_of_uniform(0, 0.5, [](const D& d) { return d.parameters.emboss.strength; }), kSmallestP);
  EXPECT_GT(p_of_uniform(0, 0.15, [](const D& d) { return d.parameters.edge_blend.alpha; }), kSmallestP);
  EXPECT_GT(p_of_uniform(0, 12.75, [](const D& d) { return d.parameters.noise_deviation; }), kSmallestP);
  EXPECT_GT(p_of_uniform(0.5, 1.5, [](const D& d) { return d.parameters.multiply; }), kSmallestP);
  EXPECT_GT(p_of_uniform(0.75, 1.25, [](const D& d) { return d.parameters.contrast.factor; }), kSmallestP);
  EXPECT_GT(p_of_uniform(3, 11, [](const D& d) { return d.parameters.contrast.gain; }), kSmallestP);
  EXPECT_GT(p_of_uniform(0.5, 3.5, [](const D& d) { return d.parameters.elastic.strength; }), kSmallestP);
}

TEST(LatentPoseDistribution, OfWholeParameters) {
  const auto blur = [](const D& d) {
    return static_cast<int>(d.parameters.blur.kind) * 3 + d.parameters.blur.side - 1;
  };
  EXPECT_GT(p_value(counts_of(9, blur)), kSmallestP);
  EXPECT_GT(p_value(counts_of(41, [](const D& d) { return d.parameters.add_to_saturation + 20; })), kSmallestP);
  EXPECT_GT(p_value(counts_of(29, [](const D& d) { return d.parameters.jpeg_compression - 70; })), kSmallestP);
  const auto coins = [](const D& d) {
    return (d.parameters.contrast.sigmoid ? 2 : 0) + (d.parameters.elastic.act ? 1 : 0);
  };
  EXPECT_GT(p_value(counts_of(4, coins)), kSmallestP);
}

// Rounding gives the two ends half the share of the others.
TEST(LatentPoseDistribution, OfWhatIsAddedToTheChannels) {
  std::vector<double> shares(21, 0.05);
  shares.front() = shares.back() = 0.025;
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_GT(p_value(counts_of(21, [c](const D& d) { return d.parameters.add[c] + 10; }), shares), kSmallestP);
  }
  const double same_by_chance = 18 * 0.05 * 0.05 * 0.05 + 0.05 * 0.05 * 0.05 + 2 * 0.025 * 0.025 * 0.025;
  const auto same = [](const D& d) {
    const auto& add = d.parameters.add;
    return add[0] == add[1] && add[1] == add[2] ? 1 : 0;
  };
  const double alike = 0.5 + 0.5 * same_by_chance;
  EXPECT_GT(p_value(counts_of(2, same), {1 - alike, alike}), kSmallestP);
}

TEST(LatentPoseDistribution, OfTheEdgeBlend) {
  EXPECT_GT(p_value(counts_of(3, [](const D& d) { return d.parameters.edge_blend.maps - 1; })), kSmallestP);
  const auto threshold = [](const D& d) {
    return 0.5 * std::erfc(-d.parameters.edge_blend.threshold / 5 / std::sqrt(2.0)) * kBins;
  };
  EXPECT_GT(p_value(counts_of(kBins, threshold)), kSmallestP);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_GT(p_value(counts_of(15, [i](const D& d) { return d.parameters.edge_blend.map[i].size - 2; })), kSmallestP);
    const auto upscaling = [i](const D& d) { return static_cast<int>(d.parameters.edge_blend.map[i].upscaling); };
    EXPECT_GT(p_value(counts_of(3, upscaling), {0.05, 0.6, 0.35}), kSmallestP);
  }
}

}  // namespace
}  // namespace understudy
