#include "tests/support/chi_square.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

// Upper quantiles as printed in tables of the chi^2 distribution.
TEST(ChiSquare, ReproducesTabulatedQuantiles) {
  EXPECT_NEAR(chi_square_tail(3.84146, 1), 0.05, 1e-5);
  EXPECT_NEAR(chi_square_tail(9.210, 2), 0.01, 1e-5);
  EXPECT_NEAR(chi_square_tail(18.307, 10), 0.05, 1e-5);
  EXPECT_NEAR(chi_square_tail(22.458, 6), 0.001, 1e-6);
  EXPECT_NEAR(chi_square_tail(49.802, 35), 0.05, 1e-5);
  EXPECT_NEAR(chi_square_tail(124.342, 100), 0.05, 1e-5);
  EXPECT_NEAR(chi_square_tail(149.449, 100), 0.001, 1e-6);
}

TEST(ChiSquare, IsCertainAtNothingAndImpossibleAtInfinity) {
  for (const std::size_t freedom : {1U, 2U, 9U}) EXPECT_DOUBLE_EQ(chi_square_tail(0, freedom), 1.0);
  EXPECT_EQ(p_value({3, 1, 0}, {1.0, 0.0, 0.0}), 0.0) << "what cannot come came";
}

TEST(ChiSquare, ComparesCountsWithProbabilities) {
  EXPECT_DOUBLE_EQ(chi_square({60, 40}, {0.5, 0.5}), 4.0);
  EXPECT_DOUBLE_EQ(chi_square({70, 30, 0}, {0.75, 0.25, 0.0}), 25.0 / 75 + 1.0);
  EXPECT_NEAR(p_value({60, 40}), 0.0455, 1e-4);
}

}  // namespace
}  // namespace understudy
