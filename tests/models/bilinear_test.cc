#include "models/blocks/bilinear.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/autocast.h"
#include "tests/support/golden_weights.h"

namespace understudy {
namespace {

struct Sizes {
  std::int64_t from_height, from_width, height, width;
};

constexpr Sizes kSizes[] = {{8, 8, 16, 16}, {9, 5, 4, 7}, {6, 6, 6, 6}, {1, 3, 4, 2}, {5, 4, 1, 9}};

at::Tensor pictures_of(const Sizes& s) {
  return golden::tensor_of({2, 3, s.from_height, s.from_width}, [](auto i) { return golden::symmetric(1, i); })
      .to(at::kDouble);
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(Bilinear, GivesTheValuesAndGradientsOfTheOperator) {
  for (const Sizes& s : kSizes) {
    at::Tensor a = pictures_of(s).requires_grad_();
    at::Tensor b = pictures_of(s).requires_grad_();
    const at::Tensor found = resize_by_products(a, s.height, s.width);
    const at::Tensor expected = at::upsample_bilinear2d(b, {s.height, s.width}, /*align_corners=*/true);
    ASSERT_EQ(found.sizes(), expected.sizes());
    EXPECT_LT(largest_difference(found, expected), 1e-13);
    const at::Tensor weights =
        golden::tensor_of(expected.sizes(), [](auto i) { return golden::symmetric(2, i); }).to(at::kDouble);
    (found * weights).sum().backward();
    (expected * weights).sum().backward();
    EXPECT_LT(largest_difference(a.grad(), b.grad()), 1e-13);
  }
}

TEST(Bilinear, IsTheOperatorOnACpu) {
  const at::Tensor pictures = pictures_of(kSizes[0]).to(at::kFloat);
  EXPECT_TRUE(resize_bilinear_aligned(pictures, 16, 16).equal(at::upsample_bilinear2d(pictures, {16, 16}, true)));
}

TEST(Bilinear, KeepsItsPrecisionAmongBfloat16Products) {
  const at::Tensor pictures = pictures_of(kSizes[0]).to(at::kFloat);
  const at::Tensor exact = resize_by_products(pictures, 16, 16);
  const ProductsScope scope(at::kCPU, Products::kBfloat16);
  EXPECT_TRUE(resize_by_products(pictures, 16, 16).equal(exact));
}

// The official crop: torch's grid sampling over a scaled affine grid, reflected at the borders.
at::Tensor sampled_centre(const at::Tensor& pictures, double share) {
  const at::Tensor scale = torch::tensor({{{share, 0.0, 0.0}, {0.0, share, 0.0}}}, at::kDouble);
  const at::Tensor maps = scale.expand({pictures.size(0), 2, 3});
  const at::Tensor grid = at::affine_grid_generator(maps, pictures.sizes(), /*align_corners=*/false);
  return at::grid_sampler(pictures, grid, /*bilinear*/ 0, /*reflection*/ 2, /*align_corners=*/false);
}

TEST(MagnifiedCentre, GivesTheValuesAndGradientsOfGridSampling) {
  for (const double share : {0.3, 1 / 1.8, 1.0}) {
    at::Tensor a = pictures_of({9, 6, 0, 0}).requires_grad_();
    at::Tensor b = pictures_of({9, 6, 0, 0}).requires_grad_();
    const at::Tensor found = magnify_centre(a, share);
    const at::Tensor expected = sampled_centre(b, share);
    EXPECT_LT(largest_difference(found, expected), 1e-13);
    found.square().sum().backward();
    expected.square().sum().backward();
    EXPECT_LT(largest_difference(a.grad(), b.grad()), 1e-13);
  }
}

TEST(MagnifiedCentre, LeavesAPictureOfFullShareAlone) {
  const at::Tensor pictures = pictures_of(kSizes[1]);
  EXPECT_TRUE(magnify_centre(pictures, 1.0).equal(pictures));
}

}  // namespace
}  // namespace understudy
