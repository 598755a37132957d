#include "trainer/recipes/fsrt/fsrt_memory.h"

#include <algorithm>
#include <numeric>

#include "trainer/recipes/detector_memory.h"
#include "trainer/recipes/fsrt/fsrt_step.h"

namespace understudy {
namespace {

/// Numbers (not bytes) of one sample.
using Count = std::int64_t;

/// A backward step through a wide layer holds the gradients of its output and of its input, and a copy of each in the
/// order that the convolution library wants (measured: docs/doctor.md).
constexpr Count kPassingTensors = 4;

/// Bytes of a number.
struct NumberBytes {
  Count own;      ///< in weights, norms' inputs, the expression network and losses
  Count network;  ///< in what the other networks' layers hand on
};

NumberBytes bytes_of_numbers(const FsrtRecipeConfig& config) {
  if (config.precision == Precision::kFloat64) return {8, 8};
  return {4, config.precision == Precision::kBfloat16 ? 2 : 4};
}

Count square(Count side) {
  return side * side;
}

Count pixels(const FsrtModelConfig& m) {
  return square(m.image_size);
}

Count tokens(const FsrtModelConfig& m) {
  return m.sources * pixels(m) / 64;
}

/// Pictures of a sample that the expression network sees: sources and driving frame in two colour versions each.
Count expressive_pictures(const FsrtModelConfig& m) {
  return 2 * (m.sources + 1);
}

/// Features, heatmaps and the expression convolution's maps, which the expression vectors keep.
Count expression_kept(const FsrtModelConfig& m) {
  const Count maps = square(detector_side(m) - 6);
  const Count features = (m.detector_width + 3) * square(detector_side(m));
  return expressive_pictures(m) * (features + m.keypoints * maps);
}

/// The product of the expression maps with the heatmaps, gone when their sums are taken.
Count expression_passing(const FsrtModelConfig& m) {
  return expressive_pictures(m) * 2 * m.keypoints * m.expression_features * square(detector_side(m) - 6);
}

/// The detector sees the full frames, too, when heads may leave the cropped ones.
Count detector_passing(const FsrtModelConfig& m, bool out_of_frame_motion) {
  return (expressive_pictures(m) + (out_of_frame_motion ? m.sources + 1 : 0)) * detector_passing_numbers(m);
}

/// Outputs of the convolutions and of the attention blocks, each kept once: ReLU works in place.
Count encoder_kept_bytes(const FsrtModelConfig& m, NumberBytes bytes) {
  const Count w = m.encoder_width;
  const Count n = pixels(m);
  Count kept = m.sources * (w * n + 2 * (2 * w * n / 4) + 2 * (4 * w * n / 16) + 3 * (8 * w * n / 64));
  if (m.plain_arithmetic) {
    kept += m.sources * n * (3 + m.keypoint_channels() + m.pixel_channels() + m.expression_size);
  }
  // Two norms; queries, keys, values and what is attended; before and after the GELU. Two sums, which the norms read.
  const Count block = 2 * m.token_width() + 4 * m.encoder_heads * m.head_width + 2 * m.encoder_hidden;
  const Count sums = 2 * m.token_width();
  return kept * bytes.network + tokens(m) * m.encoder_blocks * (block * bytes.network + sums * bytes.own);
}

/// The largest of the encoder's tensors.
Count encoder_widest(const FsrtModelConfig& m) {
  return std::max(m.sources * m.encoder_width * pixels(m), tokens(m) * std::max(m.encoder_hidden, m.token_width()));
}

/// Keys and values of the tokens, one pair a decoder block.
Count memory_kept(const FsrtModelConfig& m) {
  return tokens(m) * m.decoder_blocks * 2 * m.resolved_decoder_heads() * m.head_width;
}

/// What one query with gradient keeps.
Count query_kept_bytes(const FsrtModelConfig& m, NumberBytes bytes) {
  const std::vector<Count> render = m.resolved_render_widths();
  const Count block =
      2 * m.query_width() + 2 * m.resolved_decoder_heads() * m.head_width + 2 * m.resolved_decoder_hidden();
  const Count sums = 2 * m.query_width();
  const Count embedding =
      (m.plain_arithmetic ? m.query_width() : m.pixel_channels()) + m.query_hidden + m.query_width();
  const Count rest = embedding + std::accumulate(render.begin(), render.end(), Count{3});
  return (rest + m.decoder_blocks * block) * bytes.network + m.decoder_blocks * sums * bytes.own;
}

/// The widest layer of one query.
Count query_widest(const FsrtModelConfig& m) {
  const std::vector<Count> render = m.resolved_render_widths();
  return std::max(
      {m.query_width(), m.query_hidden, m.resolved_decoder_hidden(), *std::max_element(render.begin(), render.end())});
}

/// The widest step of one query without gradient.
Count query_passing(const FsrtModelConfig& m) {
  const std::vector<Count> render = m.resolved_render_widths();
  const Count embed = m.pixel_channels() + m.query_hidden + m.query_width();
  const Count attend = 2 * m.query_width() + 2 * m.resolved_decoder_heads() * m.head_width;
  const Count feed_forward = 2 * m.query_width() + m.resolved_decoder_hidden();
  Count draw = 0;
  for (std::size_t i = 0; i < render.size(); ++i) {
    draw = std::max(draw, m.query_width() + render[i] + (i > 0 ? render[i - 1] : 0));
  }
  return std::max({embed, attend, feed_forward, draw});
}

/// VGG-19 over the prediction: convolutions (ReLU in place), pooled maps, their 64-bit indices, and the distances to
/// the target's five taps with those taps. Per pixel of the picture.
constexpr Count kVggConvolutions = 128 + 64 + 64 + 32 + 2;
constexpr Count kVggPooled = 30;
constexpr Count kVggTaps = 122;
constexpr Count kIndexBytes = 8;
/// Two copies of a deep layer's weights in the order that the convolution library wants.
constexpr Count kVggPassing = 2 * 512 * 512 * 9;
/// 13 convolutions with their biases, mean and deviation.
constexpr Count kVggWeights = 12'944'966;

Count vgg_kept_bytes(const FsrtModelConfig& m, NumberBytes bytes) {
  return pixels(m) * ((3 + 2 * kVggTaps) * bytes.own + kVggConvolutions * bytes.network +
                      kVggPooled * (bytes.network + kIndexBytes));
}

/// One picture through the discriminators. @param with_graph  else only the maps that features are matched on
Count discriminator_kept(const FsrtModelConfig& m, bool with_graph) {
  Count kept = 0;
  Count size = m.image_size;
  for (Count i = 0; i < m.discriminator_blocks; ++i) {
    size -= 3;
    const Count outputs = std::min(m.discriminator_max_width, m.discriminator_width << (i + 1));
    const bool last = i + 1 == m.discriminator_blocks;
    if (with_graph) kept += outputs * square(size) * (i > 0 ? 2 : 1);
    if (!last) size /= 2;
    if (!last || !with_graph) kept += outputs * square(size);
  }
  return kept * static_cast<Count>(m.discriminator_scales.size());
}

}  // namespace

std::int64_t fsrt_training_bytes(const FsrtRecipeConfig& config, std::int64_t samples, Iteration iteration) {
  const FsrtModelConfig& m = config.model;
  const FsrtPhase phase = FsrtPhase::at(config.phases, iteration);
  const Count queries = phase.whole_picture ? config.data.query_pixels : config.data.query_pixels_phase1;
  // The backward pass goes through the parts in the reverse order and frees each behind itself, so the peak is in the
  // part where what is still kept and the part's own passing tensors are most.
  const NumberBytes bytes = bytes_of_numbers(config);
  Count kept = samples * expression_kept(m) * bytes.own;
  Count peak = kept + samples * bytes.own *
                          std::max(detector_passing(m, config.data.out_of_frame_motion), expression_passing(m));
  const auto add_part = [&](Count part_kept, Count passing) {
    kept += part_kept;
    peak = std::max(peak, kept + passing);
  };
  add_part(samples * encoder_kept_bytes(m, bytes), samples * kPassingTensors * encoder_widest(m) * bytes.network);
  add_part(samples * (memory_kept(m) * bytes.network + queries * query_kept_bytes(m, bytes)),
           samples * queries * kPassingTensors * query_widest(m) * bytes.network);
  if (phase.perceptual) {
    const Count copies = bytes.network < bytes.own ? kVggWeights * bytes.network : 0;
    add_part(copies + samples * vgg_kept_bytes(m, bytes), kVggPassing * bytes.network);
  }
  if (phase.adversarial) {
    add_part(samples * (discriminator_kept(m, true) * bytes.network + 2 * discriminator_kept(m, false) * bytes.own), 0);
  }
  return peak;
}

std::int64_t fsrt_validation_bytes(const FsrtRecipeConfig& config, std::int64_t samples) {
  const FsrtModelConfig& m = config.model;
  const Count detect = samples * (detector_passing(m, config.data.out_of_frame_motion) + expression_passing(m));
  const Count queries = std::min(m.no_gradient_queries, pixels(m));
  const NumberBytes bytes = bytes_of_numbers(config);
  const Count decode = samples * (memory_kept(m) * bytes.network + 9 * pixels(m) * bytes.own) +
                       queries * query_passing(m) * bytes.network;
  return std::max(detect * bytes.own, decode);
}

std::int64_t fsrt_perceptual_bytes(const FsrtRecipeConfig& config) {
  return kVggWeights * bytes_of_numbers(config).own;
}

}  // namespace understudy
