#include "losses/picture_metrics.h"

#include <cmath>
#include <cstdint>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>

#include "losses/shape_check.h"

namespace understudy {
namespace {

constexpr std::int64_t kWindow = 11;
constexpr double kDeviation = 1.5;
constexpr double kC1 = 0.01 * 0.01;
constexpr double kC2 = 0.03 * 0.03;

void require_pictures(const at::Tensor& predicted, const at::Tensor& target, std::int64_t side, const char* measure) {
  require_same_shape(predicted, target, measure);
  const bool holds =
      predicted.dim() == 4 && predicted.size(1) > 0 && predicted.size(2) >= side && predicted.size(3) >= side;
  require_shape(holds, predicted, side > 1 ? "[n, c, h, w] with h and w at least 11" : "[n, c, h, w]", measure);
}

/// Weighted means under every window inside the maps. @param maps  [m, h, w]  @return [m, h - 10, w - 10]
at::Tensor window_means(const at::Tensor& maps) {
  const at::Tensor offset = at::arange(kWindow, maps.options()) - static_cast<double>(kWindow / 2);
  const at::Tensor weights = (offset.square() / (-2 * kDeviation * kDeviation)).exp();
  const at::Tensor window = weights / weights.sum();
  const at::Tensor rows = at::conv2d(maps.unsqueeze(1), window.view({1, 1, kWindow, 1}));
  return at::conv2d(rows, window.view({1, 1, 1, kWindow})).squeeze(1);
}

}  // namespace

at::Tensor picture_l1(const at::Tensor& predicted, const at::Tensor& target) {
  require_pictures(predicted, target, 1, "picture L1");
  const at::NoGradGuard no_grad;
  return (predicted.to(at::kDouble) - target.to(at::kDouble)).abs().flatten(1).mean(1);
}

at::Tensor structural_similarity(const at::Tensor& predicted, const at::Tensor& target) {
  require_pictures(predicted, target, kWindow, "structural similarity");
  const at::NoGradGuard no_grad;
  const at::Tensor x = predicted.to(at::kDouble).flatten(0, 1);
  const at::Tensor y = target.to(at::kDouble).flatten(0, 1);
  const auto means = window_means(at::cat({x, y, x * x, y * y, x * y})).chunk(5);
  const at::Tensor both = means[0] * means[1];
  const at::Tensor squares = means[0].square() + means[1].square();
  const at::Tensor covariance = means[4] - both;
  const at::Tensor variances = means[2] + means[3] - squares;
  const at::Tensor similarity = (2 * both + kC1) * (2 * covariance + kC2) / ((squares + kC1) * (variances + kC2));
  return similarity.view({predicted.size(0), -1}).mean(1);
}

}  // namespace understudy
