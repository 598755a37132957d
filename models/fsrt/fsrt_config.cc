#include "models/fsrt/fsrt_config.h"

#include <cmath>

#include <fmt/format.h>

#include "common/config.h"
#include "common/problems.h"

namespace understudy {
namespace {

constexpr auto kMethod = KeyKind::kMethod;
constexpr std::int64_t kManyChannels = 1 << 16;

void describe_inputs(ConfigVisitor& visitor, FsrtModelConfig& config) {
  visitor.integer({"sources", kMethod, "source frames of a sample"}, config.sources, 1, 64);
  visitor.integer({"image_size", kMethod, "height and width of a picture in pixels"}, config.image_size, 16, 4096);
  visitor.integer({"keypoints", kMethod, "keypoints of the detector"}, config.keypoints, 1, 256);
  visitor.integer({"expression_size", kMethod, "length of an expression vector"}, config.expression_size, 2, 4096);
  visitor.flag({"small_decoder", kMethod, "the published small decoder instead of the full one"}, config.small_decoder);
  visitor.flag({"encode_with_expression", kMethod, "whether the encoder sees the expression vector"},
               config.encode_with_expression);
  visitor.integer({"pixel_octaves", kMethod, "octaves of the pixel encoding"}, config.pixel_octaves, 1, 24);
  visitor.integer(
      {"pixel_start_octave", kMethod, "first octave of the pixel encoding"}, config.pixel_start_octave, -8, 8);
  visitor.integer({"keypoint_octaves", kMethod, "octaves of the keypoint encoding"}, config.keypoint_octaves, 1, 24);
  visitor.integer(
      {"keypoint_start_octave", kMethod, "first octave of the keypoint encoding"}, config.keypoint_start_octave, -8, 8);
}

void describe_generator(ConfigVisitor& visitor, FsrtModelConfig& config) {
  visitor.integer({"head_width", kMethod, "width of one attention head"}, config.head_width, 1, 1024);
  visitor.integer({"encoder_width", kMethod, "channels of the encoder's first layer; tokens have 8 times as many"},
                  config.encoder_width,
                  1,
                  kManyChannels);
  visitor.real(
      {"encoder_gain",
       KeyKind::kMethod,
       "factor on the initial weights of the encoder's convolutions; 1 is the official start, 2.45 keeps the scale of "
       "the picture through six ReLU layers, so that a short run sees its source sooner"},
      config.encoder_gain,
      0.1,
      10);
  visitor.integer({"encoder_blocks", kMethod, "self-attention blocks"}, config.encoder_blocks, 0, 64);
  visitor.integer({"encoder_heads", kMethod, "attention heads in the encoder"}, config.encoder_heads, 1, 256);
  visitor.integer(
      {"encoder_hidden", kMethod, "feed-forward width in the encoder"}, config.encoder_hidden, 1, kManyChannels);
  visitor.integer({"query_hidden", kMethod, "hidden width of the query MLP"}, config.query_hidden, 1, kManyChannels);
  visitor.integer({"decoder_blocks", kMethod, "cross-attention blocks"}, config.decoder_blocks, 0, 64);
  visitor.integer({"decoder_heads", kMethod, "attention heads in the decoder; 0: 12, or 6 in the small one"},
                  config.decoder_heads,
                  0,
                  256);
  visitor.integer({"decoder_hidden", kMethod, "feed-forward width in the decoder; 0: 1536, or 768 in the small one"},
                  config.decoder_hidden,
                  0,
                  kManyChannels);
  visitor.integers({"render_widths", kMethod, "hidden widths of the render MLP; empty: 4 x 1536, or 1536 and 768"},
                   config.render_widths,
                   1,
                   kManyChannels);
  visitor.integer({"expression_features", kMethod, "features per keypoint in the expression network"},
                  config.expression_features,
                  1,
                  4096);
  visitor.integers({"expression_widths", kMethod, "hidden widths of the expression MLP"},
                   config.expression_widths,
                   1,
                   kManyChannels);
}

void describe_detector(ConfigVisitor& visitor, FsrtModelConfig& config) {
  visitor.integer({"detector_width", kMethod, "channels of the detector's last block"}, config.detector_width, 1, 4096);
  visitor.integer({"detector_max_width", kMethod, "most channels of a detector block"},
                  config.detector_max_width,
                  1,
                  kManyChannels);
  visitor.integer({"detector_blocks", kMethod, "blocks down and up in the detector"}, config.detector_blocks, 1, 12);
  visitor.real({"detector_scale", kMethod, "down-sampling before the detector: 1, 0.5, 0.25, ..."},
               config.detector_scale,
               1.0 / 64,
               1.0);
}

void describe_discriminator(ConfigVisitor& visitor, FsrtModelConfig& config) {
  visitor.reals({"discriminator_scales", kMethod, "picture scales that the discriminator sees"},
                config.discriminator_scales,
                1.0 / 64,
                1.0);
  visitor.integer({"discriminator_width", kMethod, "half the channels of the discriminator's first block"},
                  config.discriminator_width,
                  1,
                  4096);
  visitor.integer({"discriminator_max_width", kMethod, "most channels of a discriminator block"},
                  config.discriminator_max_width,
                  1,
                  kManyChannels);
  visitor.integer({"discriminator_blocks", kMethod, "blocks of the discriminator"}, config.discriminator_blocks, 1, 12);
  visitor.flag({"discriminator_keypoints", kMethod, "whether the discriminator sees keypoint heatmaps"},
               config.discriminator_keypoints);
  visitor.flag({"discriminator_spectral_norm", kMethod, "spectral norm in every layer of the discriminator"},
               config.discriminator_spectral_norm);
}

void describe_computation(ConfigVisitor& visitor, FsrtModelConfig& config) {
  // A method key, because the rounding of matrix products may depend on their size.
  visitor.integer({"no_gradient_queries", kMethod, "queries decoded at once without gradient: bounds the memory"},
                  config.no_gradient_queries,
                  1,
                  1 << 24);
  visitor.flag({"plain_arithmetic", kMethod, "computes layer by layer as the published code, to the bit but slower"},
               config.plain_arithmetic);
}

// Side of the last feature map of the discriminator, 0 when the picture is too small for its blocks.
std::int64_t discriminator_map_size(const FsrtModelConfig& config) {
  std::int64_t size = config.image_size;
  for (std::int64_t i = 0; i < config.discriminator_blocks && size > 0; ++i) {
    size -= 3;
    if (i + 1 < config.discriminator_blocks) size /= 2;
  }
  return size > 0 ? size : 0;
}

void validate_detector(const FsrtModelConfig& config, Problems& problems) {
  constexpr std::int64_t kHeatmapKernel = 7;
  const double side = static_cast<double>(config.image_size) * config.detector_scale;
  const auto whole = static_cast<std::int64_t>(std::lround(side));
  const std::int64_t unit = std::int64_t{1} << config.detector_blocks;
  if (std::abs(side - static_cast<double>(whole)) > 1e-9 || whole % unit != 0) {
    problems.add_key("model.detector_scale",
                     fmt::format("{} of {} pixels is {}, which is no multiple of 2^detector_blocks = {}",
                                 config.detector_scale,
                                 config.image_size,
                                 side,
                                 unit));
  } else if (whole <= kHeatmapKernel) {
    problems.add_key("model.detector_scale",
                     fmt::format("the detector would see {0} x {0} pixels; its 7 x 7 convolution needs more", whole));
  }
}

}  // namespace

std::vector<std::int64_t> FsrtModelConfig::resolved_render_widths() const {
  if (!render_widths.empty()) return render_widths;
  return small_decoder ? std::vector<std::int64_t>{1536, 768} : std::vector<std::int64_t>{1536, 1536, 1536, 1536};
}

void describe_keys(ConfigVisitor& visitor, FsrtModelConfig& config) {
  describe_inputs(visitor, config);
  describe_generator(visitor, config);
  describe_detector(visitor, config);
  describe_discriminator(visitor, config);
  describe_computation(visitor, config);
}

void validate(const FsrtModelConfig& config, Problems& problems) {
  if (config.image_size % 8 != 0) {
    problems.add_key(
        "model.image_size",
        fmt::format("{} is no multiple of 8: the encoder halves a picture three times", config.image_size));
  }
  validate_detector(config, problems);
  if (config.discriminator_scales.empty()) {
    problems.add_key("model.discriminator_scales", "is empty; [1.0] is the published setting");
  }
  for (const double scale : config.discriminator_scales) {
    if (std::abs(1.0 / scale - std::round(1.0 / scale)) > 1e-9) {
      problems.add_key("model.discriminator_scales", fmt::format("{} is not one over a whole number", scale));
    }
  }
  if (discriminator_map_size(config) == 0) {
    problems.add_key(
        "model.discriminator_blocks",
        fmt::format("{} blocks leave nothing of {} pixels; use fewer", config.discriminator_blocks, config.image_size));
  }
}

}  // namespace understudy
