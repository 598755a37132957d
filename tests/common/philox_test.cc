#include "common/philox.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace understudy {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Known answers published with the Random123 library (kat_vectors, philox4x32, 10 rounds).
TEST(Philox, ReproducesThePublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Draws, AreAPureFunctionOfTheirKey) {
  Draws first(7, Purpose::kTest, 1234567890123ULL, 3);
  Draws again(7, Purpose::kTest, 1234567890123ULL, 3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(first.bits32(), again.bits32());
}

TEST(Draws, DifferWithEachPartOfTheKey) {
  std::set<std::uint32_t> seen;
  seen.insert(Draws(7, Purpose::kTest, 5, 0).bits32());
  seen.insert(Draws(8, Purpose::kTest, 5, 0).bits32());
  seen.insert(Draws(7, Purpose::kFlip, 5, 0).bits32());
  seen.insert(Draws(7, Purpose::kTest, 6, 0).bits32());
  seen.insert(Draws(7, Purpose::kTest, 5 + (1ULL << 32), 0).bits32());
  seen.insert(Draws(7, Purpose::kTest, 5, 1).bits32());
  EXPECT_EQ(seen.size(), 6U);
}

TEST(Draws, BelowIsUniform) {
  Draws draws(1, Purpose::kTest, 0);
  constexpr int kBins = 7;
  constexpr int kCount = 70000;
  std::array<int, kBins> count{};
  for (int i = 0; i < kCount; ++i) ++count[draws.below(kBins)];
  double chi_squared = 0;
  for (const int c : count) chi_squared += std::pow(c - kCount / kBins, 2) / (kCount / kBins);
  EXPECT_LT(chi_squared, 22.5);  // 6 degrees of freedom, p = 0.001
}

TEST(Draws, Below64TakesTwoWordsModuloTheBound) {
  const auto words = [] {
    Draws draws(1, Purpose::kTest, 4);
    const std::uint64_t low = draws.bits32();
    return (std::uint64_t{draws.bits32()} << 32) | low;
  };
  EXPECT_EQ(Draws(1, Purpose::kTest, 4).below64(1'000'000'007), words() % 1'000'000'007);
  EXPECT_EQ(Draws(1, Purpose::kTest, 4).below64(std::uint64_t{1} << 63), words() % (std::uint64_t{1} << 63));
  EXPECT_EQ(Draws(1, Purpose::kTest, 4).below64(1), 0U);
}

TEST(Draws, Below64DrawsAgainWhatWouldBeTooFrequent) {
  // Of 2^64 numbers a quarter lies below 2^64 mod bound and is refused; without that, the lower third of the results
  // would come twice as often as the rest.
  constexpr std::uint64_t kBound = std::uint64_t{3} << 62;
  Draws draws(5, Purpose::kTest, 0);
  std::array<int, 3> count{};
  for (int i = 0; i < 30000; ++i) ++count[draws.below64(kBound) >> 62];
  for (const int c : count) EXPECT_NEAR(c, 10000, 500);
}

TEST(Draws, NormalHasUnitMoments) {
  Draws draws(2, Purpose::kTest, 0);
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double x = draws.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kCount, 0.0, 0.013);
  EXPECT_NEAR(squares / kCount, 1.0, 0.02);
}

TEST(Draws, PermutationHoldsEachNumberOnceAndItsHeadIsThePartialShuffle) {
  const auto order = Draws(3, Purpose::kTest, 9).permutation(50);
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::uint32_t i = 0; i < 50; ++i) EXPECT_EQ(sorted[i], i);
  const auto head = Draws(3, Purpose::kTest, 9).sample_without_replacement(50, 8);
  EXPECT_TRUE(std::equal(head.begin(), head.end(), order.begin()));
}

}  // namespace
}  // namespace understudy
