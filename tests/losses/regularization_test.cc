#include "losses/regularization.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/losses/gradient_check.h"
#include "tests/support/golden_weights.h"

namespace understudy {
namespace {

double mean_of(const at::Tensor& values) {
  double sum = 0;
  for (std::int64_t i = 0; i < values.numel(); ++i) sum += values.data_ptr<double>()[i];
  return sum / static_cast<double>(values.numel());
}

double plain_variance_loss(const at::Tensor& rows) {
  double sum = 0;
  for (std::int64_t r = 0; r < rows.size(0); ++r) {
    const at::Tensor row = rows[r].contiguous();
    const double mean = mean_of(row);
    double squares = 0;
    for (std::int64_t d = 0; d < row.numel(); ++d) squares += std::pow(row.data_ptr<double>()[d] - mean, 2);
    sum += std::max(0.0, 1 - std::sqrt(squares / static_cast<double>(row.numel() - 1) + 1e-4));
  }
  return sum / static_cast<double>(rows.size(0));
}

double plain_covariance_loss(const at::Tensor& rows) {
  const auto at = rows.accessor<double, 2>();
  const std::int64_t n = rows.size(0);
  const std::int64_t features = rows.size(1);
  const at::Tensor columns = rows.t().contiguous();
  double loss = 0;
  for (std::int64_t i = 0; i < features; ++i) {
    for (std::int64_t j = 0; j < features; ++j) {
      double covariance = 0;
      for (std::int64_t r = 0; r < n; ++r)
        covariance += (at[r][i] - mean_of(columns[i])) * (at[r][j] - mean_of(columns[j]));
      loss += std::pow(covariance / static_cast<double>(n - 1), 2);
    }
  }
  return loss / static_cast<double>(features);
}

// Expression vectors of two samples with one source each, by the formula of the golden run.
struct GoldenExpressions {
  at::Tensor set1 = golden_rows(801);
  at::Tensor set2 = golden_rows(802);

  static at::Tensor golden_rows(std::uint32_t n) {
    return golden::tensor_of({4, 256}, [&](auto i) { return 1.2 * golden::symmetric(n, i); });
  }
  static at::Tensor sources(const at::Tensor& set) { return set.slice(0, 0, 4, 2); }
  static at::Tensor driving(const at::Tensor& set) { return set.slice(0, 1, 4, 2); }
};

void expect_golden(const at::Tensor& value, double expected) {
  EXPECT_NEAR(value.item<double>(), expected, 1e-6 * std::max(1.0, expected));
}

TEST(Regularization, ReproducesThePublishedCode) {
  const GoldenExpressions e;
  const at::Tensor v1 = variance_loss(e.set1);
  const at::Tensor v2 = variance_loss(e.set2);
  const at::Tensor c1 = covariance_loss(e.set1);
  const at::Tensor c2 = covariance_loss(e.set2);
  const at::Tensor invariance = invariance_loss(GoldenExpressions::sources(e.set1),
                                                GoldenExpressions::sources(e.set2),
                                                GoldenExpressions::driving(e.set1),
                                                GoldenExpressions::driving(e.set2));
  expect_golden(v1, 0.32398462);
  expect_golden(v2, 0.3092981);
  expect_golden(c1, 17.956125);
  expect_golden(c2, 19.057947);
  expect_golden(invariance, 0.91339636);
  expect_golden(invariance + 0.2 * (v1 + v2) + (c1 + c2), 38.054123);
}

TEST(StackExpressions, OrdersSourcesBeforeTheDrivingFrameOfEachSample) {
  const at::Tensor sources = torch::tensor({{{1.0}, {2.0}}, {{4.0}, {5.0}}});
  const at::Tensor driving = torch::tensor({{3.0}, {6.0}});
  EXPECT_TRUE(at::equal(stack_expressions(sources, driving).view(-1), torch::tensor({1.0, 2.0, 3.0, 4.0, 5.0, 6.0})));
  EXPECT_THROW(stack_expressions(sources, torch::zeros({1, 1})), ShapeError);
}

TEST(VarianceLoss, AgreesWithPlainLoops) {
  const at::Tensor rows = random_tensor({5, 7}, 1, -1.5, 1.5);
  EXPECT_NEAR(variance_loss(rows).item<double>(), plain_variance_loss(rows), 1e-14);
}

TEST(VarianceLoss, IsNearOneForVanishedFeaturesAndZeroForWideOnes) {
  EXPECT_NEAR(variance_loss(torch::full({3, 8}, 0.7, at::kDouble)).item<double>(), 0.99, 1e-12);
  EXPECT_EQ(variance_loss(random_tensor({3, 8}, 2) * 100).item<double>(), 0.0);
}

TEST(VarianceLoss, HasAFiniteGradientWhenAllFeaturesAreEqual) {
  const at::Tensor rows = torch::full({2, 4}, 0.5, at::kDouble).requires_grad_(true);
  variance_loss(rows).backward();
  EXPECT_TRUE(at::equal(rows.grad(), at::zeros({2, 4}, at::kDouble)));
}

TEST(CovarianceLoss, AgreesWithPlainLoops) {
  const at::Tensor rows = random_tensor({5, 7}, 3, -1.5, 1.5);
  EXPECT_NEAR(covariance_loss(rows).item<double>(), plain_covariance_loss(rows), 1e-14);
}

TEST(CovarianceLoss, NeedsTwoRows) {
  EXPECT_THROW(covariance_loss(at::zeros({1, 4})), ShapeError);
}

TEST(Regularization, GradientsAgreeWithFiniteDifferences) {
  expect_gradients([](const auto& in) { return variance_loss(in[0]); }, {random_tensor({3, 5}, 4)});
  expect_gradients([](const auto& in) { return covariance_loss(in[0]); }, {random_tensor({3, 5}, 5)});
  expect_gradients(
      [](const auto& in) { return invariance_loss(in[0], in[1], in[2], in[3]); },
      {random_tensor({2, 2, 3}, 6), random_tensor({2, 2, 3}, 7), random_tensor({2, 3}, 8), random_tensor({2, 3}, 9)});
}

TEST(InvarianceLoss, WeighsSourcesAndDrivingFrameEquallyWhateverTheirNumber) {
  const at::Tensor sources = at::ones({2, 3, 4}, at::kDouble);
  const at::Tensor driving = at::ones({2, 4}, at::kDouble);
  EXPECT_EQ(invariance_loss(sources, sources * 3, driving, driving * 2).item<double>(), 0.5 * (4.0 + 1.0));
}

TEST(WithOwnRows, GradientsOfTheMicroBatchesAddUpToTheGroups) {
  const at::Tensor whole = random_tensor({6, 5}, 10).requires_grad_(true);
  covariance_loss(whole).backward();
  at::Tensor sum = at::zeros_like(whole);
  for (std::int64_t first = 0; first < 6; first += 2) {
    const at::Tensor own = whole.detach().slice(0, first, first + 2).clone().requires_grad_(true);
    const at::Tensor loss = covariance_loss(with_own_rows(whole, own, first));
    EXPECT_EQ(loss.item<double>(), covariance_loss(whole).item<double>());
    loss.backward();
    sum.slice(0, first, first + 2) += own.grad();
  }
  EXPECT_TRUE(at::allclose(sum, whole.grad(), 1e-13, 1e-16));
}

TEST(WithOwnRows, RefusesRowsOutsideTheGroup) {
  EXPECT_THROW(with_own_rows(at::zeros({4, 3}), at::zeros({2, 3}), 3), ShapeError);
  EXPECT_THROW(with_own_rows(at::zeros({4, 3}), at::zeros({2, 5}), 0), ShapeError);
}

}  // namespace
}  // namespace understudy
