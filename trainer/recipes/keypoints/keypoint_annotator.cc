#include "trainer/recipes/keypoints/keypoint_annotator.h"

#include <algorithm>
#include <span>
#include <utility>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include "checkpoints/weights_file.h"
#include "common/errors.h"
#include "data_pipeline/packer/row_builder.h"
#include "data_pipeline/resize.h"
#include "trainer/recipes/fsrt/fsrt_recipe.h"
#include "trainer/recipes/keypoints/keypoints_recipe_config.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

constexpr std::int64_t kKeypoints = 10;  // of the annotation kind
constexpr std::uint32_t kBatch = 16;     // frames; part of the bits
constexpr std::int64_t kKernel = 7;      // of the Jacobian layer, as of the keypoints' own

void require_ten(const FsrtModelConfig& config, const std::string& weights) {
  if (config.keypoints == kKeypoints) return;
  throw ConfigError(fmt::format(
      "{}: finds {} keypoints; annotations of kind keypoint10 hold {}", weights, config.keypoints, kKeypoints));
}

/// Takes the Jacobian layer over, if there is one. @throws CheckpointError  when it does not fit the detector
void load_jacobian(JacobianDetector& detector, const FsrtModelConfig& config, const std::string& path) {
  const NamedTensors all = load_weights(path);
  const NamedTensors members = group_of(all, "kp_detector");
  const NamedTensors& own = members.empty() ? all : members;
  const at::Tensor* weight = find_tensor(own, "jacobian.weight");
  const at::Tensor* bias = find_tensor(own, "jacobian.bias");
  if (weight == nullptr || bias == nullptr) return;
  const std::int64_t maps = weight->dim() == 4 ? weight->size(0) / 4 : 0;
  const std::vector<std::int64_t> wanted{4 * maps, config.detector_width + 3, kKernel, kKernel};
  if ((maps != 1 && maps != kKeypoints) || weight->sizes() != wanted || bias->sizes() != at::IntArrayRef{4 * maps}) {
    throw CheckpointError(
        fmt::format("{}: jacobian.weight of shape [{}] belongs to no detector of width {}; give the configuration of "
                    "these weights",
                    path,
                    fmt::join(weight->sizes(), ", "),
                    config.detector_width));
  }
  detector.jacobian_weight = weight->to(at::kFloat).contiguous();
  detector.jacobian_bias = bias->to(at::kFloat).contiguous();
}

std::span<const float> row_of(const at::Tensor& values, std::int64_t row) {
  const auto length = static_cast<std::size_t>(values.size(1));
  return {values.data_ptr<float>() + static_cast<std::size_t>(row) * length, length};
}

}  // namespace

FsrtModelConfig detector_config(const InferenceSource& source) {
  const RunSettings settings = inference_settings(source);
  if (const auto* config = dynamic_cast<const FsrtRecipeConfig*>(settings.recipe.get())) return config->model;
  if (const auto* config = dynamic_cast<const KeypointsRecipeConfig*>(settings.recipe.get())) return config->model;
  throw ConfigError(
      fmt::format("{}: belongs to recipe {}, which has no keypoint detector; name weights of recipe fsrt "
                  "or keypoints",
                  source.weights.string(),
                  settings.run.recipe));
}

JacobianDetector load_jacobian_detector(const InferenceSource& source) {
  const FsrtModelConfig config = detector_config(source);
  const std::string path = source.weights.string();
  require_ten(config, path);
  const auto network = std::make_shared<KeypointDetector>(config);
  load_detector(*network, path);
  JacobianDetector detector{network, {}, {}, config.image_size};
  load_jacobian(detector, config, path);
  return detector;
}

at::Tensor keypoint_jacobians(const JacobianDetector& detector, const Detection& found) {
  const at::NoGradGuard no_grad;
  const std::int64_t n = found.heatmaps.size(0);
  const std::int64_t k = found.heatmaps.size(1);
  if (!detector.jacobian_weight.defined()) return at::zeros({n, k, 2, 2});
  const at::Tensor maps = at::conv2d(found.features, detector.jacobian_weight, detector.jacobian_bias);
  const at::Tensor of_keypoint = maps.reshape({n, maps.size(1) / 4, 4, maps.size(2), maps.size(3)});
  return (found.heatmaps.unsqueeze(2) * of_keypoint).flatten(3).sum(-1).reshape({n, k, 2, 2});
}

KeypointAnnotator::KeypointAnnotator(DataSet set, JacobianDetector detector)
    : set_(std::move(set)), detector_(std::move(detector)) {}

at::Tensor KeypointAnnotator::to_input(const StoredClip& clip, std::uint32_t first, std::uint32_t last) const {
  const std::int64_t n = detector_.image_size;
  const at::Tensor input = at::empty({last - first, 3, n, n}, at::kFloat);
  float* target = input.data_ptr<float>();
  for (std::uint32_t frame = first; frame < last; ++frame) {
    const PicturePlanes planes =
        resize_like_skimage(set_.decode_frame({row_in(set_, clip), frame}), static_cast<int>(n), static_cast<int>(n));
    target = std::copy(planes.values.begin(), planes.values.end(), target);
  }
  return input;
}

ClipAnnotations KeypointAnnotator::annotate(const StoredClip& clip) const {
  const at::NoGradGuard no_grad;
  at::init_num_threads();  // a new thread otherwise begins with as many as there are cores
  RowBuilder rows(AnnotationKind::kKeypoint10);
  const auto frames = static_cast<std::uint32_t>(clip.frames.position.size());
  for (std::uint32_t first = 0; first < frames; first += kBatch) {
    const std::uint32_t last = std::min(frames, first + kBatch);
    const Detection found = detector_.detector->detect(to_input(clip, first, last));
    const at::Tensor parts =
        at::cat({found.keypoints.flatten(1), keypoint_jacobians(detector_, found).flatten(1)}, 1).contiguous();
    for (std::int64_t i = 0; i < parts.size(0); ++i) rows.add(row_of(parts, i));
  }
  ClipAnnotations annotations;
  annotations.rows.push_back(rows.finish());
  return annotations;
}

}  // namespace understudy
