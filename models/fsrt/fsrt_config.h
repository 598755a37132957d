#pragma once

#include <cstdint>
#include <vector>

#include "models/blocks/arithmetic.h"

namespace understudy {

class ConfigVisitor;

/// Sizes of the FSRT networks. The defaults are those of the published vox256 model; a demo is smaller in some of them.
struct FsrtModelConfig {
  std::int64_t sources = 1;  ///< source frames of a sample
  std::int64_t image_size = 256;
  std::int64_t keypoints = 10;
  std::int64_t expression_size = 256;
  bool small_decoder = false;
  bool encode_with_expression = true;
  std::int64_t pixel_octaves = 16;
  std::int64_t pixel_start_octave = -1;
  std::int64_t keypoint_octaves = 4;
  std::int64_t keypoint_start_octave = -1;

  std::int64_t head_width = 64;
  std::int64_t encoder_width = 96;  ///< channels of the first convolution; tokens have 8 times as many
  double encoder_gain = 1.0;        ///< of the initial weights of the encoder's convolutions
  std::int64_t encoder_blocks = 5;
  std::int64_t encoder_heads = 12;
  std::int64_t encoder_hidden = 1536;
  std::int64_t query_hidden = 720;
  std::int64_t decoder_blocks = 2;
  std::int64_t decoder_heads = 0;           ///< 0: 12, or 6 in the small decoder
  std::int64_t decoder_hidden = 0;          ///< 0: 1536, or 768 in the small decoder
  std::vector<std::int64_t> render_widths;  ///< empty: 4 x 1536, or 1536 and 768 in the small decoder
  std::int64_t expression_features = 32;    ///< per keypoint
  std::vector<std::int64_t> expression_widths = {640, 1280, 640};

  std::int64_t detector_width = 32;
  std::int64_t detector_max_width = 1024;
  std::int64_t detector_blocks = 5;
  double detector_scale = 0.25;

  std::vector<double> discriminator_scales = {1.0};
  std::int64_t discriminator_width = 64;
  std::int64_t discriminator_max_width = 512;
  std::int64_t discriminator_blocks = 4;
  bool discriminator_keypoints = true;
  bool discriminator_spectral_norm = false;

  std::int64_t no_gradient_queries = 4096;  ///< queries decoded at once when no gradient is wanted: bounds the memory
  bool plain_arithmetic = false;            ///< Arithmetic::kPlain: the published forward pass to the bit, slower

  /// The sizes above with 0 and empty replaced by those of the chosen decoder.
  std::int64_t resolved_decoder_heads() const { return decoder_heads != 0 ? decoder_heads : small_decoder ? 6 : 12; }
  std::int64_t resolved_decoder_hidden() const {
    return decoder_hidden != 0 ? decoder_hidden : small_decoder ? 768 : 1536;
  }
  std::vector<std::int64_t> resolved_render_widths() const;

  Arithmetic arithmetic() const { return plain_arithmetic ? Arithmetic::kPlain : Arithmetic::kFast; }
  std::int64_t pixel_channels() const { return 4 * pixel_octaves; }
  std::int64_t keypoint_channels() const { return 4 * keypoints * keypoint_octaves; }
  std::int64_t query_width() const { return keypoint_channels() + pixel_channels() + expression_size; }
  std::int64_t token_width() const { return 8 * encoder_width; }
};

class Problems;

/// Names the keys of section [model].
void describe_keys(ConfigVisitor& visitor, FsrtModelConfig& config);

/// Adds what does not fit together, such as a picture that the encoder cannot halve three times.
void validate(const FsrtModelConfig& config, Problems& problems);

}  // namespace understudy
