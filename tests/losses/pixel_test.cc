#include "losses/pixel.h"

#include <cmath>

#include <gmock/gmock.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

at::Tensor index_of(std::vector<std::int64_t> values, at::IntArrayRef sizes) {
  return torch::tensor(values, at::kLong).view(sizes);
}

// Sampled and remaining pixels of two 4x4 pictures; the samples' offsets differ.
struct TwoPictures {
  at::Tensor sampled = random_tensor({2, 4, 3}, 1);
  at::Tensor rest = random_tensor({2, 12, 3}, 2);
  at::Tensor sampled_index = index_of({0, 2, 8, 10, 5, 7, 13, 15}, {2, 4});
  at::Tensor rest_index =
      index_of({1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15, 0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14}, {2, 12});

  at::Tensor picture() const { return scatter_pixels(sampled, sampled_index, rest, rest_index, 4); }
};

TEST(PixelMse, IsTheMeanOfEachSample) {
  const at::Tensor predicted = random_tensor({3, 5, 3}, 3);
  const at::Tensor target = random_tensor({3, 5, 3}, 4);
  const at::Tensor errors = pixel_mse(predicted, target);
  ASSERT_EQ(errors.sizes(), at::IntArrayRef({3}));
  for (std::int64_t b = 0; b < 3; ++b) {
    double sum = 0;
    for (std::int64_t i = 0; i < 15; ++i) {
      const double difference = predicted.data_ptr<double>()[b * 15 + i] - target.data_ptr<double>()[b * 15 + i];
      sum += difference * difference;
    }
    EXPECT_NEAR(errors[b].item<double>(), sum / 15, 1e-15);
  }
}

TEST(PixelMse, GradientAgreesWithFiniteDifferences) {
  const at::Tensor weights = random_tensor({2}, 5);
  expect_gradients([&](const auto& in) { return (weights * pixel_mse(in[0], in[1])).sum(); },
                   {random_tensor({2, 3, 3}, 6), random_tensor({2, 3, 3}, 7)});
}

TEST(PixelMse, RefusesDifferentShapes) {
  try {
    pixel_mse(at::zeros({2, 4, 3}), at::zeros({2, 3, 4}));
    FAIL();
  } catch (const ShapeError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("[2, 4, 3]"), testing::HasSubstr("[2, 3, 4]")));
  }
}

TEST(Psnr, IsDecibelsBelowOne) {
  EXPECT_NEAR(psnr(torch::tensor(0.01, at::kDouble)).item<double>(), 20.0, 1e-12);
  EXPECT_NEAR(psnr(torch::tensor(0.002, at::kDouble)).item<double>(), -10 * std::log10(0.002), 1e-12);
}

TEST(ScatterPixels, PutsEachColourAtItsPixel) {
  const TwoPictures pixels;
  const at::Tensor picture = pixels.picture();
  ASSERT_EQ(picture.sizes(), at::IntArrayRef({2, 3, 4, 4}));
  for (std::int64_t b = 0; b < 2; ++b) {
    for (std::int64_t p = 0; p < 16; ++p) {
      const at::Tensor& colours = p < 4 ? pixels.sampled : pixels.rest;
      const at::Tensor& index = p < 4 ? pixels.sampled_index : pixels.rest_index;
      const std::int64_t place = p < 4 ? p : p - 4;
      const auto pixel = index[b][place].item<std::int64_t>();
      for (std::int64_t c = 0; c < 3; ++c) {
        ASSERT_EQ(picture[b][c][pixel / 4][pixel % 4].item<double>(), colours[b][place][c].item<double>());
      }
    }
  }
}

TEST(ScatterPixels, MeanCountsAllPixelsWhileGradientReachesTheSampledOnes) {
  TwoPictures pixels;
  pixels.sampled.requires_grad_(true);
  const at::Tensor target = random_tensor({2, 3, 4, 4}, 8);
  pixel_mse(pixels.picture(), target).sum().backward();
  const at::Tensor alone = 2 * (pixels.sampled - gather_pixels(target, pixels.sampled_index)).detach() / 12;
  EXPECT_TRUE(at::allclose(pixels.sampled.grad(), alone / 4, 0, 1e-15))
      << "a quarter of the gradient of a mean over 4 pixels";
}

TEST(ScatterPixels, GatherIsItsInverse) {
  const TwoPictures pixels;
  EXPECT_TRUE(at::equal(gather_pixels(pixels.picture(), pixels.sampled_index), pixels.sampled));
  EXPECT_TRUE(at::equal(gather_pixels(pixels.picture(), pixels.rest_index), pixels.rest));
}

TEST(ScatterPixels, RefusesAPictureWithHoles) {
  const TwoPictures pixels;
  EXPECT_THROW(scatter_pixels(pixels.sampled, pixels.sampled_index, pixels.rest, pixels.rest_index, 5), ShapeError);
  EXPECT_THROW(scatter_pixels(pixels.sampled, pixels.rest_index, pixels.rest, pixels.rest_index, 4), ShapeError);
}

}  // namespace
}  // namespace understudy
