#include "losses/picture_metrics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "losses/pixel.h"
#include "tests/losses/gradient_check.h"

namespace understudy {
namespace {

struct Pictures {
  at::Tensor target = random_tensor({2, 3, 14, 17}, 1, 0.0, 1.0);
  at::Tensor predicted = (target * 0.8 + random_tensor({2, 3, 14, 17}, 2, 0.0, 0.2)).contiguous();
};

/// Structural similarity of the windows around one place, straight from the definition: weighted means first, then
/// weighted squares of what differs from them.
double similarity_at(const double* x, const double* y, int width, int top, int left) {
  double total = 0, mean_x = 0, mean_y = 0, var_x = 0, var_y = 0, covariance = 0;
  const auto over_window = [&](auto visit) {
    for (int i = 0; i < 11; ++i) {
      for (int j = 0; j < 11; ++j) {
        const double weight = std::exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / 4.5);
        visit(weight, x[(top + i) * width + left + j], y[(top + i) * width + left + j]);
      }
    }
  };
  over_window([&](double w, double, double) { total += w; });
  over_window([&](double w, double a, double b) {
    mean_x += w / total * a;
    mean_y += w / total * b;
  });
  over_window([&](double w, double a, double b) {
    var_x += w / total * (a - mean_x) * (a - mean_x);
    var_y += w / total * (b - mean_y) * (b - mean_y);
    covariance += w / total * (a - mean_x) * (b - mean_y);
  });
  return (2 * mean_x * mean_y + 1e-4) * (2 * covariance + 9e-4) /
         ((mean_x * mean_x + mean_y * mean_y + 1e-4) * (var_x + var_y + 9e-4));
}

double slow_similarity(const at::Tensor& a, const at::Tensor& b, std::int64_t picture) {
  const int height = static_cast<int>(a.size(2));
  const int width = static_cast<int>(a.size(3));
  double sum = 0;
  for (std::int64_t c = 0; c < 3; ++c) {
    const double* x = a[picture][c].data_ptr<double>();
    const double* y = b[picture][c].data_ptr<double>();
    for (int top = 0; top + 11 <= height; ++top) {
      for (int left = 0; left + 11 <= width; ++left) sum += similarity_at(x, y, width, top, left);
    }
  }
  return sum / (3 * (height - 10) * (width - 10));
}

TEST(StructuralSimilarity, FollowsItsDefinition) {
  const Pictures p;
  const at::Tensor found = structural_similarity(p.predicted, p.target);
  ASSERT_EQ(found.sizes(), at::IntArrayRef{2});
  for (std::int64_t n = 0; n < 2; ++n) {
    EXPECT_NEAR(found[n].item<double>(), slow_similarity(p.predicted, p.target, n), 1e-12);
  }
}

TEST(StructuralSimilarity, IsOneForEqualPicturesAndKnownForFlatOnes) {
  const Pictures p;
  EXPECT_NEAR(structural_similarity(p.target, p.target)[0].item<double>(), 1.0, 1e-13);
  const at::Tensor dark = at::full({1, 3, 11, 11}, 0.25);
  const at::Tensor bright = at::full({1, 3, 11, 11}, 0.75);
  const double expected = (2 * 0.25 * 0.75 + 1e-4) / (0.25 * 0.25 + 0.75 * 0.75 + 1e-4);
  EXPECT_NEAR(structural_similarity(dark, bright)[0].item<double>(), expected, 1e-10);
}

TEST(StructuralSimilarity, RefusesPicturesSmallerThanItsWindow) {
  EXPECT_THROW(structural_similarity(at::zeros({1, 3, 10, 11}), at::zeros({1, 3, 10, 11})), ShapeError);
  EXPECT_THROW(structural_similarity(at::zeros({1, 3, 11, 11}), at::zeros({1, 3, 11, 12})), ShapeError);
}

TEST(PictureErrors, AreMeansOfEachPicture) {
  const Pictures p;
  const at::Tensor l1 = picture_l1(p.predicted, p.target);
  const at::Tensor ratio = psnr(pixel_mse(p.predicted, p.target));
  const std::int64_t count = p.target[0].numel();
  for (std::int64_t n = 0; n < 2; ++n) {
    double absolute = 0, squared = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double d = p.predicted[n].data_ptr<double>()[i] - p.target[n].data_ptr<double>()[i];
      absolute += std::abs(d);
      squared += d * d;
    }
    EXPECT_NEAR(l1[n].item<double>(), absolute / static_cast<double>(count), 1e-14);
    EXPECT_NEAR(ratio[n].item<double>(), 10 * std::log10(static_cast<double>(count) / squared), 1e-11);
  }
}

TEST(PictureErrors, AreComputedInDouble) {
  EXPECT_EQ(picture_l1(at::zeros({1, 3, 2, 2}), at::ones({1, 3, 2, 2})).scalar_type(), at::kDouble);
  EXPECT_THROW(picture_l1(at::zeros({1, 3, 2, 2}), at::zeros({1, 3, 2, 1})), ShapeError);
}

}  // namespace
}  // namespace understudy
