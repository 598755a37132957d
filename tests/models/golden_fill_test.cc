#include "tests/models/golden_fill.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(GoldenFill, GivesThePublishedNumbers) {
  EXPECT_EQ(golden::fnv1a64("constant.constant"), 0x21B8057CE2905C49U);
  const at::Tensor values = golden::named_symmetric("constant.constant", {3});
  EXPECT_NEAR(values[0].item<double>(), 0.28072246, 1e-7);
  EXPECT_NEAR(values[1].item<double>(), 0.47853143, 1e-7);
  EXPECT_NEAR(values[2].item<double>(), 0.99925962, 1e-7);
}

}  // namespace
}  // namespace understudy
