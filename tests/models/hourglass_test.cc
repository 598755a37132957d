#include "models/blocks/hourglass.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

constexpr HourglassShape kShape{.channels = 3, .width = 4, .max_width = 12, .blocks = 3};

TEST(Hourglass, EndsWithItsInput) {
  Hourglass hourglass(kShape);
  initialize(hourglass, 1, "hourglass");
  const at::Tensor picture = golden::picture(0, 16);
  const at::Tensor output = hourglass.forward(picture, nullptr);
  ASSERT_EQ(output.sizes(), (at::IntArrayRef{1, 7, 16, 16}));
  EXPECT_TRUE(at::equal(output.narrow(1, 4, 3), picture));
}

TEST(Hourglass, LimitsItsWidth) {
  const Hourglass hourglass(kShape);
  const auto parameters = hourglass.named_parameters();
  EXPECT_EQ(parameters["encoder.down_blocks.1.conv.weight"].sizes(), (at::IntArrayRef{12, 8, 3, 3}));
  EXPECT_EQ(parameters["encoder.down_blocks.2.conv.weight"].sizes(), (at::IntArrayRef{12, 12, 3, 3}));
  EXPECT_EQ(parameters["decoder.up_blocks.0.conv.weight"].sizes(), (at::IntArrayRef{12, 12, 3, 3}));
  EXPECT_EQ(parameters["decoder.up_blocks.2.conv.weight"].sizes(), (at::IntArrayRef{4, 16, 3, 3}));
}

TEST(Hourglass, ReportsStatisticsInTheOrderOfItsNorms) {
  Hourglass hourglass(kShape);
  initialize(hourglass, 1, "hourglass");
  std::vector<BatchStatistics> statistics;
  hourglass.forward(golden::picture(0, 16), &statistics);
  const std::vector<BatchNorm2d*> norms = batch_norms_of(hourglass);
  ASSERT_EQ(statistics.size(), norms.size());
  for (std::size_t i = 0; i < norms.size(); ++i) {
    EXPECT_EQ(statistics[i].mean.sizes(), norms[i]->named_buffers()["running_mean"].sizes());
  }
}

}  // namespace
}  // namespace understudy
