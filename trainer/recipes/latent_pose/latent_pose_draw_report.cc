#include "trainer/recipes/latent_pose/latent_pose_draw_report.h"

#include <nlohmann/json.hpp>

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

Json describe_blur(const PoseBlur& blur) {
  switch (blur.kind) {
    case PoseBlur::Kind::kGaussian:
      return {{"gaussian_blur", blur.sigma}};
    case PoseBlur::Kind::kMean:
      return {{"mean_blur", blur.side}};
    case PoseBlur::Kind::kMedian:
      return {{"median_blur", blur.side}};
  }
  return {};
}

Json describe_contrast(const PoseContrast& contrast) {
  if (contrast.sigmoid) return {{"sigmoid_contrast", contrast.gain}};
  return {{"linear_contrast", contrast.factor}};
}

/// One operator with what was drawn for it.
Json describe_operator(PoseOperator kind, const PoseOperatorDraws& p) {
  switch (kind) {
    case PoseOperator::kBlur:
      return describe_blur(p.blur);
    case PoseOperator::kSharpen:
      return {{"sharpen", {{"alpha", p.sharpen.alpha}, {"lightness", p.sharpen.lightness}}}};
    case PoseOperator::kEmboss:
      return {{"emboss", {{"alpha", p.emboss.alpha}, {"strength", p.emboss.strength}}}};
    case PoseOperator::kEdgeBlend:
      return {{"edge_blend", {{"alpha", p.edge_blend.alpha}, {"threshold", p.edge_blend.threshold}}}};
    case PoseOperator::kGaussianNoise:
      return {{"gaussian_noise", p.noise_deviation}};
    case PoseOperator::kAdd:
      return {{"add", p.add}};
    case PoseOperator::kSaturation:
      return {{"add_to_saturation", p.add_to_saturation}};
    case PoseOperator::kJpeg:
      return {{"jpeg_compression", p.jpeg_compression}};
    case PoseOperator::kMultiply:
      return {{"multiply", p.multiply}};
    case PoseOperator::kContrast:
      return describe_contrast(p.contrast);
    case PoseOperator::kElastic:
      return {{"elastic", p.elastic.act ? Json(p.elastic.strength) : Json()}};
  }
  return {};
}

}  // namespace

Json describe_latent_pose_draws(const LatentPoseDraws& draws) {
  Json operators = Json::array();
  for (std::size_t i = 0; i < draws.operator_count; ++i)
    operators.push_back(describe_operator(draws.operators[i], draws.parameters));
  return {{"operators", operators},
          {"scale", draws.scale ? Json(draws.factors) : Json()},
          {"scale_first", draws.scale_first},
          {"shift", draws.shift ? Json(draws.fractions) : Json()}};
}

}  // namespace understudy
