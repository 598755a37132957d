#include "models/blocks/anti_alias.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/errors.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

TEST(AntiAlias, ReproducesThePublishedPicture) {
  const at::Tensor picture = golden::picture(0, 256);
  golden::expect_norm(picture, 247.73667);
  const at::Tensor small = AntiAlias(3, 0.25).forward(picture)[0];
  golden::expect_norm(small, 61.169586);
  golden::expect_entries(small, {0.30891198});
  golden::expect_entries(small[1][10][20], {0.66647559});
  golden::expect_entries(small[2][63][63], {0.30526957});
  golden::expect_entries(small[0][0][31], {0.46772599});
}

TEST(AntiAlias, HasThePublishedKernel) {
  const at::Tensor kernel = AntiAlias(3, 0.25).named_buffers()["weight"];
  ASSERT_EQ(kernel.sizes(), (at::IntArrayRef{3, 1, 13, 13}));
  const std::vector<double> line{
      0.000089221, 0.001028197, 0.007597402, 0.035994348, 0.109341175, 0.212967529, 0.265964257};
  const at::Tensor sums = kernel[1][0].sum(1);
  for (std::int64_t i = 0; i < 7; ++i) {
    EXPECT_NEAR(sums[i].item<double>(), line[static_cast<std::size_t>(i)], 3e-8);
    EXPECT_FLOAT_EQ(sums[12 - i].item<float>(), sums[i].item<float>());
  }
}

TEST(ImagePyramid, KeepsFullSizePicturesAsTheyAre) {
  const at::Tensor picture = golden::picture(0, 16);
  const std::vector<at::Tensor> levels = ImagePyramid(3, {1.0, 0.5}).forward(picture);
  EXPECT_TRUE(at::equal(levels[0], picture));
  EXPECT_EQ(levels[1].sizes(), (at::IntArrayRef{1, 3, 8, 8}));
  EXPECT_EQ(scale_name(1.0), "1");
  EXPECT_EQ(scale_name(0.25), "0-25");
}

TEST(AntiAlias, RefusesAScaleThatIsNoWholeStep) {
  EXPECT_THROW(AntiAlias(3, 0.3), ShapeError);
}

}  // namespace
}  // namespace understudy
