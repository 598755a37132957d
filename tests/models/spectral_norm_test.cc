#include "models/blocks/spectral_norm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

constexpr ConvShape kShape{.inputs = 3, .outputs = 6, .kernel = 4};

TEST(DiscriminatorConv, DividesByTheLargestSingularValueAfterEnoughIterations) {
  DiscriminatorConv conv(kShape, true);
  initialize(conv, 5, "conv");
  convert_precision(conv, at::kDouble);
  for (int i = 0; i < 300; ++i) conv.iterate_power();
  const auto parameters = conv.named_parameters();
  const at::Tensor matrix = parameters["weight_orig"].detach().flatten(1);
  const at::Tensor largest = at::linalg_svdvals(matrix)[0];
  const at::Tensor picture = golden::picture(0, 8).to(at::kDouble);
  const at::Tensor expected = at::conv2d(picture, parameters["weight_orig"] / largest, parameters["bias"]);
  EXPECT_LT(golden::relative_difference(conv.forward(picture), expected), 1e-9);
}

TEST(DiscriminatorConv, NamesItsTensorsAsPyTorch) {
  const NamedTensors state = state_of(DiscriminatorConv(kShape, true));
  ASSERT_EQ(state.size(), 4U);
  EXPECT_EQ(state[0].first, "bias");
  EXPECT_EQ(state[1].first, "weight_orig");
  EXPECT_EQ(state[2].first, "weight_u");
  EXPECT_EQ(state[3].first, "weight_v");
  EXPECT_EQ(state_of(DiscriminatorConv(kShape, false))[0].first, "weight");
}

TEST(DiscriminatorConv, KeepsItsVectorsDuringAForwardPass) {
  DiscriminatorConv conv(kShape, true);
  initialize(conv, 5, "conv");
  const at::Tensor before = conv.named_buffers()["weight_u"].clone();
  const at::Tensor output = conv.forward(golden::picture(0, 8));
  EXPECT_TRUE(at::equal(conv.named_buffers()["weight_u"], before));
  conv.iterate_power();
  EXPECT_FALSE(at::equal(conv.named_buffers()["weight_u"], before));
  output.sum().backward();  // the graph keeps the vectors of its own forward pass
}

}  // namespace
}  // namespace understudy
