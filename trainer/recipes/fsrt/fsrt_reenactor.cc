#include "trainer/recipes/fsrt/fsrt_reenactor.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <torch/torch.h>

#include "checkpoints/weights_file.h"
#include "common/convex_hull.h"
#include "common/errors.h"
#include "data_pipeline/resize.h"
#include "models/blocks/state.h"
#include "trainer/inference.h"
#include "trainer/recipes/fsrt/fsrt_recipe.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

std::vector<std::array<double, 2>> points_of(const at::Tensor& keypoints) {
  const at::Tensor flat = keypoints.reshape({-1, 2}).to(at::kDouble).contiguous();
  std::vector<std::array<double, 2>> points;
  for (std::int64_t i = 0; i < flat.size(0); ++i)
    points.push_back({flat.data_ptr<double>()[2 * i], flat.data_ptr<double>()[2 * i + 1]});
  return points;
}

/// Centred at the mean and divided by the square root of the hull's area.
at::Tensor normalised(const at::Tensor& keypoints) {
  const at::Tensor flat = keypoints.reshape({-1, 2}).to(at::kDouble);
  return (flat - flat.mean(0, true)) / std::sqrt(convex_hull_area(points_of(keypoints)));
}

}  // namespace

double adapted_scale(const at::Tensor& source, const at::Tensor& driving) {
  return std::sqrt(convex_hull_area(points_of(source))) / std::sqrt(convex_hull_area(points_of(driving)));
}

std::size_t best_frame(const at::Tensor& source_keypoints, const std::vector<at::Tensor>& driving_keypoints) {
  const at::Tensor wanted = normalised(source_keypoints);
  std::size_t best = 0;
  double smallest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < driving_keypoints.size(); ++i) {
    const double distance = (normalised(driving_keypoints[i]) - wanted).square().sum().item<double>();
    if (distance < smallest) {
      smallest = distance;
      best = i;
    }
  }
  return best;
}

FsrtReenactor::FsrtReenactor(const FsrtRecipeConfig& config,
                             const NamedTensors& weights,
                             const std::optional<NamedTensors>& detector)
    : config_(config), networks_(make_fsrt_networks(config, 0, /*with_discriminator=*/false)) {
  load_state(networks_.model->encoder(), group_of(weights, "encoder"), "encoder");
  load_state(networks_.model->decoder(), group_of(weights, "decoder"), "decoder");
  load_state(networks_.model->expression_encoder(), group_of(weights, "expression_encoder"), "expression_encoder");
  load_state(*networks_.detector, detector ? *detector : group_of(weights, "kp_detector"), "keypoint detector");
}

std::unique_ptr<Reenactor> FsrtRecipeConfig::make_reenactor(const RunConfig&, const InferenceSource& source) const {
  const NamedTensors weights = load_weights(source.weights);
  std::optional<NamedTensors> detector;
  if (source.detector) {
    detector = keypoint_detector_weights(load_weights(*source.detector));
  } else if (group_of(weights, "kp_detector").empty()) {
    throw CheckpointError(fmt::format(
        "{}: holds no keypoint detector; name one with --detector, such as kp_detector.pt. Weights of another system "
        "have no configuration beside them here; name it with --config",
        source.weights.string()));
  }
  return std::make_unique<FsrtReenactor>(*this, weights, detector);
}

at::Tensor FsrtReenactor::to_input(const Picture& picture) const {
  const int n = static_cast<int>(picture_size());
  PicturePlanes planes = resize_like_skimage(picture, n, n);
  const at::Tensor input = torch::tensor(at::ArrayRef<float>(planes.values)).reshape({1, 3, n, n});
  return input.to(networks_.model->parameters().front().scalar_type());
}

FaceState FsrtReenactor::observe(const Picture& picture) const {
  const at::NoGradGuard no_grad;
  const Detection found = networks_.detector->detect(to_input(picture));
  return {found.keypoints, networks_.model->expression_encoder().forward(found.features, found.heatmaps)};
}

void FsrtReenactor::set_sources(std::span<const Picture> sources) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> images;
  std::vector<at::Tensor> keypoints;
  std::vector<at::Tensor> expressions;
  for (const Picture& source : sources) {
    const FaceState face = observe(source);
    images.push_back(to_input(source));
    keypoints.push_back(face.keypoints);
    expressions.push_back(face.expression);
    if (images.size() == 1) first_source_ = face;
  }
  const at::Tensor tokens = networks_.model->encoder().forward(
      at::cat(images).unsqueeze(0), at::cat(keypoints).unsqueeze(0), at::cat(expressions).unsqueeze(0));
  memory_ = networks_.model->decoder().prepare_tokens(tokens);
}

void FsrtReenactor::set_reference(const Picture& driving) {
  reference_ = observe(driving);
}

std::size_t FsrtReenactor::best_reference(const Picture& source, const NextFrame& driving) const {
  std::vector<at::Tensor> keypoints;
  while (const auto frame = driving()) keypoints.push_back(observe(*frame).keypoints);
  return best_frame(observe(source).keypoints, keypoints);
}

at::Tensor FsrtReenactor::decoder_keypoints(const FaceState& driving, const ReenactMode& mode) const {
  if (!mode.relative) return driving.keypoints;
  const double scale = mode.adapt_scale ? adapted_scale(first_source_.keypoints, reference_.keypoints) : 1.0;
  return (driving.keypoints - reference_.keypoints) * scale + first_source_.keypoints;
}

/// [1, 3, n, n]
at::Tensor FsrtReenactor::render_one(const Picture& driving, const ReenactMode& mode) const {
  const FaceState face = observe(driving);
  return networks_.model->decoder().decode_all_pixels_no_grad(
      memory_, decoder_keypoints(face, mode), face.expression, picture_size());
}

AnimatedFrames FsrtReenactor::render(std::span<const Picture> driving, const ReenactMode& mode) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> pictures;  // one by one: a picture's pixels are a batch of their own
  for (const Picture& frame : driving) pictures.push_back(render_one(frame, mode));
  return {at::cat(pictures).clamp(0, 1), {}};
}

}  // namespace understudy
