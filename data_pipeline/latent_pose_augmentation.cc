#include "data_pipeline/latent_pose_augmentation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "common/philox.h"
#include "data_pipeline/colour_tables.h"
#include "data_pipeline/picture_filter.h"
#include "data_pipeline/picture_warp.h"
#include "data_pipeline/portable_math.h"

namespace understudy {
namespace {

constexpr double kLeastSigma = 1e-3;  // below it, the Gaussian blur is left out
constexpr int kGaussianTaps = 5;
constexpr float kNearlyAll = 1.0F - 1e-2F;  // alpha from which on a blend is the foreground
constexpr float kNearlyNone = 1e-2F;

Draws noise_stream(const LatentPoseDraws& draws, PoseNoiseField field, int number = 0) {
  return Draws(draws.seed,
               Purpose::kPoseNoise,
               draws.sample,
               static_cast<std::uint16_t>(static_cast<std::uint16_t>(field) + number));
}

/// A second picture that a thread keeps, for what cannot be done in place.
template <class Change>
void replace(Picture& picture, Change change) {
  thread_local Picture changed;
  change(std::as_const(picture), changed);
  std::swap(picture, changed);
}

/// (1 - alpha) times the picture plus alpha times the effect.
std::array<float, 9> blended_kernel(double alpha, const std::array<double, 9>& effect) {
  std::array<float, 9> kernel{};
  for (std::size_t i = 0; i < 9; ++i) {
    kernel[i] = static_cast<float>((i == 4 ? 1.0 - alpha : 0.0) + alpha * effect[i]);
  }
  return kernel;
}

void filter(const std::array<float, 9>& kernel, Picture& picture) {
  replace(picture, [&](const Picture& from, Picture& to) { filter3x3(from, kernel, to); });
}

void blur(const PoseBlur& blur, Picture& picture) {
  switch (blur.kind) {
    case PoseBlur::Kind::kGaussian:
      if (blur.sigma <= kLeastSigma) return;
      return replace(picture, [&](const Picture& from, Picture& to) {
        separable_blur(from, gaussian_weights(blur.sigma, kGaussianTaps), to);
      });
    case PoseBlur::Kind::kMean:
      if (blur.side == 1) return;
      return replace(picture, [&](const Picture& from, Picture& to) { mean_blur(from, blur.side, to); });
    case PoseBlur::Kind::kMedian:
      if (blur.side == 1) return;
      return replace(picture, [](const Picture& from, Picture& to) { median_blur(from, to); });
  }
}

/// The largest of the blob maps at each pixel.
const std::vector<std::uint8_t>& draw_largest_blobs(const LatentPoseDraws& draws, int width, int height) {
  thread_local std::vector<std::uint8_t> largest;
  thread_local std::vector<std::uint8_t> next;
  const PoseEdgeBlend& blend = draws.parameters.edge_blend;
  for (int i = 0; i < blend.maps; ++i) {
    Draws stream = noise_stream(draws, PoseNoiseField::kBlobs, i);
    draw_blobs(blend.map[static_cast<std::size_t>(i)], stream, width, height, i == 0 ? largest : next);
    if (i == 0) continue;
    for (std::size_t p = 0; p < largest.size(); ++p) largest[p] = std::max(largest[p], next[p]);
  }
  return largest;
}

/// Weight of the foreground for each value of a blob map.
std::array<float, 256> blend_weights(double threshold) {
  std::array<float, 256> weights{};
  for (std::size_t i = 0; i < 256; ++i) {
    weights[i] =
        static_cast<float>(1.0 / (1.0 + portable_exp(threshold + 10.0 - 20.0 * static_cast<double>(i) / 255.0)));
  }
  return weights;
}

void blend_edges(const LatentPoseDraws& draws, Picture& picture) {
  const PoseEdgeBlend& blend = draws.parameters.edge_blend;
  const std::vector<std::uint8_t>& blobs = draw_largest_blobs(draws, picture.width, picture.height);
  const std::array<float, 256> weights = blend_weights(blend.threshold);
  const auto [least, most] = std::minmax_element(blobs.begin(), blobs.end());
  if (weights[*most] <= kNearlyNone) return;
  thread_local Picture edges;
  filter3x3(picture, blended_kernel(blend.alpha, {0, 1, 0, 1, -4, 1, 0, 1, 0}), edges);
  const bool all = weights[*least] >= kNearlyAll;
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
    const auto background = static_cast<float>(picture.rgb[i]);
    const float weight = all ? 1.0F : weights[blobs[i / 3]];
    picture.rgb[i] = static_cast<std::uint8_t>(
        std::nearbyint(background + weight * (static_cast<float>(edges.rgb[i]) - background)));
  }
}

/// The same number for the three channels of a pixel.
void add_noise(const LatentPoseDraws& draws, Picture& picture) {
  Draws stream = noise_stream(draws, PoseNoiseField::kGaussian);
  std::array<double, 2> pair{};
  const std::size_t pixels = picture.rgb.size() / 3;
  for (std::size_t i = 0; i < pixels; ++i) {
    if (i % 2 == 0) std::tie(pair[0], pair[1]) = portable_normals(stream);
    const auto noise = static_cast<int>(std::nearbyint(draws.parameters.noise_deviation * pair[i % 2]));
    for (std::size_t c = 0; c < 3; ++c) {
      picture.rgb[3 * i + c] = static_cast<std::uint8_t>(std::clamp(picture.rgb[3 * i + c] + noise, 0, 255));
    }
  }
}

void recompress(int compression, Picture& picture) {
  decode_jpeg(encode_jpeg(picture, jpeg_quality(compression)), "recompressed pose source", picture);
}

void change_contrast(const PoseContrast& contrast, Picture& picture) {
  const ByteTable table = contrast.sigmoid ? sigmoid_contrast_table(contrast.gain)
                                           : linear_contrast_table(static_cast<float>(contrast.factor));
  apply_tables({table, table, table}, picture);
}

/// imgaug smooths the displacements with a Gaussian of 0.15 pixels, which leaves them as they are: a neighbour has the
/// weight 2e-10.
void displace(const LatentPoseDraws& draws, Picture& picture) {
  thread_local std::array<std::vector<float>, 2> displacements;
  Draws stream = noise_stream(draws, PoseNoiseField::kElastic);
  const double strength = draws.parameters.elastic.strength;
  for (std::vector<float>& displacement : displacements) {
    displacement.resize(picture.rgb.size() / 3);
    for (float& value : displacement) value = static_cast<float>(stream.uniform(-strength, strength));
  }
  replace(picture,
          [](const Picture& from, Picture& to) { displace_cubic(from, displacements[0], displacements[1], to); });
}

void scale(const LatentPoseDraws& draws, Picture& picture) {
  if (!draws.scale) return;
  replace(picture, [&](const Picture& from, Picture& to) {
    warp_bilinear(
        from, scale_about_middle(draws.factors[0], from.width), scale_about_middle(draws.factors[1], from.height), to);
  });
}

}  // namespace

int jpeg_quality(int compression) {
  return std::clamp(static_cast<int>(std::lrint(1.0 + 99.0 * (1.0 - compression / 101.0))), 1, 100);
}

void apply_pose_operator(PoseOperator which, const LatentPoseDraws& draws, Picture& picture) {
  const PoseOperatorDraws& p = draws.parameters;
  switch (which) {
    case PoseOperator::kBlur:
      return blur(p.blur, picture);
    case PoseOperator::kSharpen:
      return filter(blended_kernel(p.sharpen.alpha, {-1, -1, -1, -1, 8 + p.sharpen.lightness, -1, -1, -1, -1}),
                    picture);
    case PoseOperator::kEmboss: {
      const double s = p.emboss.strength;
      return filter(blended_kernel(p.emboss.alpha, {-1 - s, -s, 0, -s, 1, s, 0, s, 1 + s}), picture);
    }
    case PoseOperator::kEdgeBlend:
      return blend_edges(draws, picture);
    case PoseOperator::kGaussianNoise:
      return add_noise(draws, picture);
    case PoseOperator::kAdd:
      return apply_tables({addition_table(p.add[0]), addition_table(p.add[1]), addition_table(p.add[2])}, picture);
    case PoseOperator::kSaturation:
      return add_to_saturation(p.add_to_saturation, picture);
    case PoseOperator::kJpeg:
      return recompress(p.jpeg_compression, picture);
    case PoseOperator::kMultiply: {
      const ByteTable table = multiplication_table(static_cast<float>(p.multiply));
      return apply_tables({table, table, table}, picture);
    }
    case PoseOperator::kContrast:
      return change_contrast(p.contrast, picture);
    case PoseOperator::kElastic:
      if (p.elastic.act) displace(draws, picture);
  }
}

void augment_pose(const LatentPoseDraws& draws, Picture& picture) {
  if (draws.scale_first) scale(draws, picture);
  for (std::size_t i = 0; i < draws.operator_count; ++i) apply_pose_operator(draws.operators[i], draws, picture);
  if (!draws.scale_first) scale(draws, picture);
}

void shift_picture(const LatentPoseDraws& draws, Picture& picture) {
  if (!draws.shift) return;
  replace(picture, [&](const Picture& from, Picture& to) {
    warp_bilinear(from, {1.0, draws.fractions[0] * from.width}, {1.0, draws.fractions[1] * from.height}, to);
  });
}

}  // namespace understudy
