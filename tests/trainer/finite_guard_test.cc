#include "trainer/finite_guard.h"

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

TEST(FirstNonFinite, AcceptsLargeNumbersWhoseSumOverflows) {
  EXPECT_EQ(first_non_finite({at::full({4}, std::numeric_limits<float>::max(), at::kFloat)}), std::nullopt);
}

}  // namespace
}  // namespace understudy
