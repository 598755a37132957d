#include "models/blocks/coordinate_grid.h"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace understudy {
namespace {

TEST(CoordinateGrid, PutsEndPointsAtPlusMinusOneAndPixelsAtTheirCentres) {
  const at::Tensor ends = end_point_grid(3, 5, at::kDouble);
  EXPECT_EQ(ends[0][4][0].item<double>(), 1.0);
  EXPECT_EQ(ends[0][4][1].item<double>(), -1.0);
  EXPECT_EQ(ends[2][1][0].item<double>(), -0.5);
  const at::Tensor pixels = pixel_grid(256, 256);
  EXPECT_EQ(pixels[10][200][0].item<float>(), (200 + 0.5F - 128) / 128);
  EXPECT_EQ(pixels[10][200][1].item<float>(), (10 + 0.5F - 128) / 128);
}

TEST(CoordinateGrid, FindsCoordinatesOfPixelIndices) {
  const at::Tensor all = pixel_coordinates(at::arange(64, at::kLong), 8);
  EXPECT_TRUE(at::equal(all, pixel_grid(8, 8).view({64, 2})));
  const at::Tensor some = pixel_coordinates(torch::tensor({{3, 63}, {8, 0}}, torch::kLong), 8);
  EXPECT_TRUE(at::equal(some[1][0], pixel_grid(8, 8)[1][0]));
}

TEST(CoordinateGrid, DrawsAGaussianAroundEachKeypoint) {
  const at::Tensor keypoints = at::tensor({0.25, -0.5, 3.0, 3.0}, at::kDouble).view({1, 2, 2});
  const at::Tensor maps = gaussian_heatmaps(keypoints, 5, 9, 0.01);
  ASSERT_EQ(maps.sizes(), (at::IntArrayRef{1, 2, 5, 9}));
  EXPECT_DOUBLE_EQ(maps[0][0][1][5].item<double>(), 1.0);
  EXPECT_NEAR(maps[0][0][2][5].item<double>(), std::exp(-0.5 * 0.25 / 0.01), 1e-16);
  EXPECT_LT(maps[0][1].max().item<double>(), 1e-80);
}

TEST(CoordinateGrid, AveragesPositionsUnderASoftmax) {
  at::Tensor logits = at::zeros({1, 1, 3, 3}, at::kDouble);
  logits[0][0][2][0] = 100.0;
  const at::Tensor heatmaps = spatial_softmax(logits, 0.1);
  EXPECT_NEAR(heatmaps.sum().item<double>(), 1.0, 1e-12);
  const at::Tensor position = expected_positions(heatmaps);
  EXPECT_NEAR(position[0][0][0].item<double>(), -1.0, 1e-12);
  EXPECT_NEAR(position[0][0][1].item<double>(), 1.0, 1e-12);
}

}  // namespace
}  // namespace understudy
