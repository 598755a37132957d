#include "data_pipeline/portable_math.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/chi_square.h"

namespace understudy {
namespace {

TEST(PortableMath, ExponentialsAreAccurate) {
  for (double x = -699.0; x < 700.0; x += 0.37) EXPECT_NEAR(portable_exp(x) / std::exp(x), 1.0, 2e-15) << x;
  EXPECT_EQ(portable_exp(0.0), 1.0);
  EXPECT_EQ(portable_exp(-701.0), 0.0);
}

TEST(PortableMath, LogarithmsAreAccurate) {
  for (double x = 0x1p-33; x < 1e9; x *= 1.013) {
    EXPECT_NEAR(portable_log(x), std::log(x), 1e-15 * std::max(1.0, std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(portable_log(1.0), 0.0);
}

TEST(PortableMath, NormalNumbersAreNormal) {
  constexpr std::size_t kBins = 20;
  std::vector<std::size_t> first(kBins);
  std::vector<std::size_t> second(kBins);
  Draws draws(5, Purpose::kTest, 0);
  const auto bin = [](double x) {
    const double below = 0.5 * std::erfc(-x / std::sqrt(2.0));
    return std::min(kBins - 1, static_cast<std::size_t>(below * kBins));
  };
  for (int i = 0; i < 20000; ++i) {
    const auto [a, b] = portable_normals(draws);
    ++first[bin(a)];
    ++second[bin(b)];
  }
  EXPECT_GT(p_value(first), kSmallestP);
  EXPECT_GT(p_value(second), kSmallestP);
}

}  // namespace
}  // namespace understudy
