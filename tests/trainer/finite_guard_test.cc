#include "trainer/faults/finite_guard.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(FirstNonFinite, FindsTheFirstTensorWithANumberThatIsNot) {
  const at::Tensor fine = at::ones({3, 4});
  EXPECT_EQ(first_non_finite({}), std::nullopt);
  EXPECT_EQ(first_non_finite({fine, fine}), std::nullopt);
  for (const double bad :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    const at::Tensor broken = at::ones({3, 4});
    broken[2][1] = bad;
    EXPECT_EQ(first_non_finite({fine, broken, fine, broken}), 1U) << bad;
  }
}

TEST(FirstNonFinite, FindsOppositeInfinitiesWhoseSumIsNoNumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(first_non_finite({at::tensor({infinity, -infinity})}), 0U);
}

TEST(FirstNonFinite, AcceptsNumbersAsLongAsTheirSquaresAreFinite) {
  EXPECT_EQ(first_non_finite({at::full({4}, 1.84e19, at::kFloat)}), std::nullopt) << "the sum of squares overflows";
  EXPECT_EQ(first_non_finite({at::full({4}, 1.85e19, at::kFloat)}), 0U);
  EXPECT_EQ(first_non_finite({at::full({4}, 1e30, at::kDouble)}), std::nullopt);
  EXPECT_EQ(first_non_finite({at::full({4}, 6e4, at::kHalf)}), std::nullopt) << "computed with as float32";
}

TEST(FirstNonFinite, PassesIntegersAndEmptyTensorsBy) {
  EXPECT_EQ(first_non_finite({at::ones({2}, at::kLong), at::empty({0}), at::full({1}, std::nan(""))}), 2U);
}

TEST(WhatIsWrong, TellsNumbersThatAreTooLargeFromOthers) {
  EXPECT_EQ(what_is_wrong_with(at::tensor({1.0, std::nan("")})), "is not finite");
  EXPECT_EQ(what_is_wrong_with(at::tensor({-2e25F, 1.0F})), "holds 2.0e+25, whose square is not finite");
}

}  // namespace
}  // namespace understudy
