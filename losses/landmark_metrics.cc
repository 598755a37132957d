#include "losses/landmark_metrics.h"

#include <cstdint>
#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "losses/shape_check.h"

namespace understudy {
namespace {

constexpr std::int64_t kLandmarks = 68;
constexpr std::int64_t kRightEyeOuterCorner = 36;
constexpr std::int64_t kLeftEyeOuterCorner = 45;
constexpr double kLeastEyeDistance = 1e-2;

void require_landmarks(const at::Tensor& predicted, const at::Tensor& target, const char* measure) {
  require_same_shape(predicted, target, measure);
  require_shape(predicted.dim() == 3 && predicted.size(2) == 2, predicted, "[n, k, 2]", measure);
}

/// @param offsets  [..., 2]  @return [...]
at::Tensor lengths(const at::Tensor& offsets) {
  return offsets.square().sum(-1).sqrt();
}

}  // namespace

at::Tensor average_keypoint_distance(const at::Tensor& predicted, const at::Tensor& target) {
  require_landmarks(predicted, target, "average keypoint distance");
  const at::NoGradGuard no_grad;
  return lengths(predicted.to(at::kDouble) - target.to(at::kDouble)).mean(1);
}

at::Tensor pose_error(const at::Tensor& predicted, const at::Tensor& target) {
  require_shape(target.dim() == 3 && target.size(1) == kLandmarks, target, "[n, 68, 2]", "pose error");
  const at::Tensor distance = average_keypoint_distance(predicted, target);
  const at::Tensor corners = target.detach().to(at::kDouble);
  const at::Tensor eyes = lengths(corners.select(1, kRightEyeOuterCorner) - corners.select(1, kLeftEyeOuterCorner));
  return distance / eyes.clamp_min(kLeastEyeDistance);
}

at::Tensor aligned_landmarks(const at::Tensor& predicted, const at::Tensor& target) {
  require_landmarks(predicted, target, "landmarks to align");
  const at::NoGradGuard no_grad;
  const at::Tensor to = target.to(at::kDouble);
  const at::Tensor from = predicted.to(at::kDouble);
  const at::Tensor to_mean = to.mean(1, /*keepdim=*/true);
  const at::Tensor offsets = from - from.mean(1, /*keepdim=*/true);
  const auto sum = [](const at::Tensor& values) { return values.sum(at::IntArrayRef{1, 2}, /*keepdim=*/true); };
  const at::Tensor spread = sum(offsets.square()).clamp_min(std::numeric_limits<double>::min());
  return offsets * (sum(offsets * (to - to_mean)) / spread) + to_mean;
}

}  // namespace understudy
