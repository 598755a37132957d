#include "models/fsrt/keypoint_detector.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "common/errors.h"
#include "models/blocks/coordinate_grid.h"

namespace understudy {
namespace {

constexpr double kTemperature = 0.1;
constexpr std::int64_t kChannels = 3;

void require_divisible(const at::Tensor& images, std::int64_t unit) {
  if (images.size(2) % unit == 0 && images.size(3) % unit == 0) return;
  throw ShapeError(
      fmt::format("the detector sees {} x {} pixels after down-sampling, which its blocks cannot halve down "
                  "to a multiple of {}; change model.image_size or model.detector_scale",
                  images.size(2),
                  images.size(3),
                  unit));
}

}  // namespace

KeypointDetector::KeypointDetector(const FsrtModelConfig& config)
    : size_unit_(std::int64_t{1} << config.detector_blocks) {
  const HourglassShape shape{.channels = kChannels,
                             .width = config.detector_width,
                             .max_width = config.detector_max_width,
                             .blocks = config.detector_blocks};
  predictor_ = register_module("predictor", std::make_shared<Hourglass>(shape));
  const ConvShape kp{.inputs = config.detector_width + kChannels, .outputs = config.keypoints, .kernel = 7};
  kp_ = register_module("kp", std::make_shared<Conv2d>(kp));
  down_ = std::make_shared<AntiAlias>(kChannels, config.detector_scale);
  register_module("down", down_);
}

at::Tensor KeypointDetector::logits(const at::Tensor& features) const {
  return kp_->forward(features);
}

Detection KeypointDetector::run(const at::Tensor& images, std::vector<BatchStatistics>* statistics) const {
  const at::Tensor small = down_->forward(images);
  require_divisible(small, size_unit_);
  const at::Tensor features = predictor_->forward(small, statistics);
  const at::Tensor heatmaps = spatial_softmax(logits(features), kTemperature);
  return {expected_positions(heatmaps), features, heatmaps};
}

Detection KeypointDetector::forward(const at::Tensor& images) const {
  return run(images, nullptr);
}

Detection KeypointDetector::detect(const at::Tensor& images) const {
  const at::NoGradGuard no_grad;
  return run(images, nullptr);
}

Detection KeypointDetector::forward_training(const at::Tensor& images, std::vector<BatchStatistics>& statistics) const {
  return run(images, &statistics);
}

void KeypointDetector::update_running_statistics(const std::vector<BatchStatistics>& statistics) {
  understudy::update_running_statistics(*this, statistics);
}

}  // namespace understudy
