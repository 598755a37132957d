#include "models/fsrt/positional_encoding.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/coordinate_grid.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

TEST(PositionalEncoding, ReproducesThePublishedPixelEncoding) {
  const at::Tensor pixel = pixel_grid(256, 256)[10][200];
  const at::Tensor encoded = encode_positions(pixel, {16, -1}, at::kFloat);
  ASSERT_EQ(encoded.numel(), 64);
  golden::expect_entries(encoded, {0.77688849, 0.97831738, -0.4052414, 0.74095124});
  golden::expect_entries(encoded.narrow(0, 16, 4), {-0.99170977, -0.25486559, 0.49289808, 0.85772848});
  golden::expect_entries(encoded.narrow(0, 32, 4), {0.6296382, -0.20711142, -0.91420972, 0.67155886});
  golden::expect_entries(encoded.narrow(0, 48, 4), {0.12849808, -0.96697652, 0.87008709, 0.514103});
  EXPECT_NEAR(encoded[40].item<double>(), -5.0268495e-06, 1e-10);  // octave 7
  golden::expect_entries(encoded.narrow(0, 41, 2), {-1.0, 1.0});
  EXPECT_NEAR(encoded[15].item<double>(), 0.00064343668, 1e-8);  // octave 14 holds float32's rounding of the phase
}

TEST(PositionalEncoding, ReproducesThePublishedKeypointEncoding) {
  const at::Tensor encoded = encode_positions(golden::keypoints().flatten(), {4, -1}, at::kFloat);
  ASSERT_EQ(encoded.numel(), 160);
  golden::expect_entries(
      encoded, {-0.70710677, 1, 2.3849761e-08, -4.7699523e-08, -0.85264009, 0.89100665, -0.80901664, 0.9510569});
  golden::expect_entries(encoded.narrow(0, 80, 8),
                         {-0.70710677, 1.1924881e-08, -1, 1, -0.52249867, -0.45399025, -0.58778572, -0.30901587});
  golden::expect_norm(encoded, 8.9442719);
}

TEST(PositionalEncoding, KeepsFloat32PhasesInDoublePrecision) {
  const at::Tensor pixel = pixel_grid(256, 256)[10][200].to(at::kDouble);
  const at::Tensor encoded = encode_positions(pixel, {16, -1}, at::kDouble);
  EXPECT_EQ(encoded.scalar_type(), at::kDouble);
  EXPECT_NEAR(encoded[15].item<double>(), 0.00064343668, 1e-8);
}

}  // namespace
}  // namespace understudy
