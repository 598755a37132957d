#include "data_pipeline/latent_pose_draws.h"

#include <cmath>
#include <vector>

#include "common/philox.h"
#include "data_pipeline/portable_math.h"

namespace understudy {
namespace {

constexpr double kGroupProbability = 0.5;  // of scale and of shift
constexpr std::array<double, 2> kScales = {0.8, 1.2};
constexpr double kLargestShift = 0.05;
constexpr std::uint16_t kParameters = 16;  // sub-key of the first operator's parameters

/// Sub-keys of Purpose::kPoseAugmentation.
enum class Part : std::uint16_t { kOperators = 0, kOrder = 1, kScale = 2, kShift = 3 };

int whole(Draws& draws, int low, int high) {
  return low + static_cast<int>(draws.below(static_cast<std::uint32_t>(high - low + 1)));
}

PoseBlur draw_blur(Draws& draws) {
  PoseBlur blur;
  blur.kind = static_cast<PoseBlur::Kind>(draws.below(3));
  blur.sigma = draws.uniform(0.0, 1.0);
  blur.side = whole(draws, 1, 3);
  return blur;
}

BlobMap draw_map(Draws& draws) {
  BlobMap map;
  map.size = whole(draws, 2, 16);
  const double upscaling = draws.uniform();
  map.upscaling = upscaling < 0.05 ? Upscaling::kNearest : upscaling < 0.65 ? Upscaling::kLinear : Upscaling::kCubic;
  return map;
}

PoseEdgeBlend draw_edge_blend(Draws& draws) {
  PoseEdgeBlend blend;
  blend.alpha = draws.uniform(0.0, 0.15);
  blend.threshold = 5.0 * portable_normals(draws).first;
  blend.maps = whole(draws, 1, 3);
  for (BlobMap& map : blend.map) map = draw_map(draws);
  return blend;
}

std::array<int, 3> draw_addition(Draws& draws) {
  const bool each_channel = draws.coin(0.5);
  std::array<int, 3> values{};
  for (int& value : values) value = static_cast<int>(std::lrint(draws.uniform(-10.0, 10.0)));
  if (!each_channel) values = {values[0], values[0], values[0]};
  return values;
}

PoseContrast draw_contrast(Draws& draws) {
  PoseContrast contrast;
  contrast.sigmoid = draws.coin(0.5);
  contrast.factor = draws.uniform(0.75, 1.25);
  contrast.gain = draws.uniform(3.0, 11.0);
  return contrast;
}

/// Every operator has a stream of its own.
PoseOperatorDraws draw_parameters(std::uint64_t seed, std::uint64_t sample) {
  const auto stream = [&](PoseOperator of) {
    return Draws(seed,
                 Purpose::kPoseAugmentation,
                 sample,
                 static_cast<std::uint16_t>(kParameters + static_cast<std::uint16_t>(of)));
  };
  PoseOperatorDraws parameters;
  Draws blur = stream(PoseOperator::kBlur);
  parameters.blur = draw_blur(blur);
  Draws sharpen = stream(PoseOperator::kSharpen);
  parameters.sharpen.alpha = sharpen.uniform();
  parameters.sharpen.lightness = sharpen.uniform(1.0, 1.5);
  Draws emboss = stream(PoseOperator::kEmboss);
  parameters.emboss.alpha = emboss.uniform();
  parameters.emboss.strength = emboss.uniform(0.0, 0.5);
  Draws edges = stream(PoseOperator::kEdgeBlend);
  parameters.edge_blend = draw_edge_blend(edges);
  parameters.noise_deviation = stream(PoseOperator::kGaussianNoise).uniform(0.0, 0.05 * 255);
  Draws add = stream(PoseOperator::kAdd);
  parameters.add = draw_addition(add);
  Draws saturation = stream(PoseOperator::kSaturation);
  parameters.add_to_saturation = whole(saturation, -20, 20);
  Draws jpeg = stream(PoseOperator::kJpeg);
  parameters.jpeg_compression = whole(jpeg, 70, 98);
  parameters.multiply = stream(PoseOperator::kMultiply).uniform(0.5, 1.5);
  Draws contrast = stream(PoseOperator::kContrast);
  parameters.contrast = draw_contrast(contrast);
  Draws elastic = stream(PoseOperator::kElastic);
  parameters.elastic.act = elastic.coin(0.5);
  parameters.elastic.strength = elastic.uniform(0.5, 3.5);
  return parameters;
}

}  // namespace

LatentPoseDraws draw_latent_pose(std::uint64_t seed, std::uint64_t sample, const LatentPoseDataConfig& config) {
  const auto stream = [&](Part part) {
    return Draws(seed, Purpose::kPoseAugmentation, sample, static_cast<std::uint16_t>(part));
  };
  LatentPoseDraws draws;
  draws.seed = seed;
  draws.sample = sample;
  draws.parameters = draw_parameters(seed, sample);
  if (config.use_pixelwise_augs) {
    Draws choice = stream(Part::kOperators);
    draws.operator_count = choice.below(static_cast<std::uint32_t>(kMostPoseOperators) + 1);
    const std::vector<std::uint32_t> order = choice.permutation(static_cast<std::uint32_t>(kPoseOperators));
    for (std::size_t i = 0; i < draws.operator_count; ++i) draws.operators[i] = static_cast<PoseOperator>(order[i]);
  }
  draws.scale_first = stream(Part::kOrder).coin(0.5);
  Draws scale = stream(Part::kScale);
  draws.scale = config.use_affine_scale && scale.coin(kGroupProbability);
  for (double& factor : draws.factors) factor = draws.scale ? scale.uniform(kScales[0], kScales[1]) : 1.0;
  Draws shift = stream(Part::kShift);
  draws.shift = config.use_affine_shift && shift.coin(kGroupProbability);
  for (double& fraction : draws.fractions) fraction = draws.shift ? shift.uniform(-kLargestShift, kLargestShift) : 0.0;
  draws.quantise_target = config.use_affine_shift;
  return draws;
}

}  // namespace understudy
