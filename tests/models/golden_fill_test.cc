#include "tests/models/golden_fill.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(GoldenFill, GivesThePublishedNumbers) {
  EXPECT_EQ(golden::fnv1a64("constant.constant"), 0x21b8057ce2905c49U);
  const at::Tensor numbers = golden::named_symmetric("constant.constant", {3});
  EXPECT_FLOAT_EQ(numbers[0].item<float>(), 0.28072246F);
  EXPECT_FLOAT_EQ(numbers[1].item<float>(), 0.47853143F);
  EXPECT_FLOAT_EQ(numbers[2].item<float>(), 0.99925962F);
}

}  // namespace
}  // namespace understudy
