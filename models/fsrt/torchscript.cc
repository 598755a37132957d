#include "models/fsrt/torchscript.h"

#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <torch/torch.h>

#include "models/blocks/script_module.h"
#include "models/fsrt/torchscript_sources.h"

namespace understudy {
namespace {

using ScriptModule = torch::jit::Module;

// The fp32 factors of positional_encoding.cc as decimal literals that read back to the same numbers.
std::string octave_factors(std::int64_t count, std::int64_t start) {
  std::vector<std::string> factors;
  for (std::int64_t i = 0; i < count; ++i) {
    const float factor = std::ldexp(std::numbers::pi_v<float>, static_cast<int>(start + i));
    factors.push_back(fmt::format("{:.17e}", static_cast<double>(factor)));
  }
  return fmt::format("{}", fmt::join(factors, ", "));
}

// Lines that send x through the numbered children of a container in their order.
std::string through_children(const ScriptModule& container, const std::string& owner, const std::string& arguments) {
  std::string lines;
  for (const auto& child : container.named_children()) {
    lines += fmt::format("    x = getattr({}, \"{}\").forward({})\n", owner, child.name, arguments);
  }
  return lines;
}

void script_positions(ScriptModule network, const FsrtModelConfig& config) {
  network.define(kEncodePositions);
  network.define(fmt::format(kEncodeKeypoints, octave_factors(config.keypoint_octaves, config.keypoint_start_octave)));
  network.define(fmt::format(kEncodePixels, octave_factors(config.pixel_octaves, config.pixel_start_octave)));
  script_constant(network, "keypoint_channels", config.keypoint_channels());
  script_constant(network, "pixel_channels", config.pixel_channels());
  network.define(kPixelCentres);
}

void script_feed_forward(ScriptModule part) {
  script_layer_norm(script_part(part, "norm"));
  script_linear(script_part(part, "fn.net.0"));
  script_linear(script_part(part, "fn.net.3"));
  script_part(part, "fn").define(kFeedForward);
  part.define(kResidual);
}

void script_attention(ScriptModule block, std::int64_t heads, bool cross) {
  const ScriptModule fn = script_part(block, "0.fn");
  for (const auto& projection : fn.named_children()) {
    if (projection.name != "to_out") script_linear(projection.value);
  }
  script_layer_norm(script_part(block, "0.norm"));
  script_linear(script_part(fn, "to_out.0"));
  script_constant(fn, "heads", heads);
  ScriptModule(fn).define(kAttention);
  ScriptModule(fn).define(cross ? kCrossAttention : kSelfAttention);
  script_part(block, "0").define(cross ? kCrossResidual : kResidual);
  script_feed_forward(script_part(block, "1"));
  block.define(cross ? kCrossBlock : kSelfBlock);
}

void script_detector(ScriptModule detector, const FsrtModelConfig& config) {
  const auto script_blocks = [&](const char* path) {
    const ScriptModule blocks = script_part(detector, path);
    for (const auto& block : blocks.named_children()) {
      script_conv(script_part(block.value, "conv"), 1, 1);
      script_batch_norm(script_part(block.value, "norm"));
      ScriptModule(block.value).define(kConvNormBlock);
    }
  };
  script_blocks("predictor.encoder.down_blocks");
  script_blocks("predictor.decoder.up_blocks");
  std::string hourglass = kHourglassStart;
  for (std::int64_t i = 0; i < config.detector_blocks; ++i) hourglass += fmt::format(kHourglassDown, i);
  for (std::int64_t i = 0; i < config.detector_blocks; ++i) hourglass += fmt::format(kHourglassUp, i);
  script_part(detector, "predictor").define(hourglass + "    return levels[-1]\n");
  script_conv(script_part(detector, "kp"), 1, 0);
  script_constant(script_part(detector, "down"), "step", std::lround(1.0 / config.detector_scale));
  script_part(detector, "down").define(kAntiAlias);
  detector.define(kDetector);
}

void script_expression_network(ScriptModule network, const FsrtModelConfig& config) {
  script_conv(script_part(network, "expression"), 1, 0);
  script_mlp(script_part(network, "expression_mlp"));
  script_constant(network, "keypoints", config.keypoints);
  network.define(kExpression);
}

void script_encoder(ScriptModule encoder, const FsrtModelConfig& config) {
  std::string patches = kPatches;
  for (int i = 0; i < 3; ++i) {
    for (const int layer : {0, 2}) {
      script_conv(script_part(encoder, fmt::format("conv_blocks.{}.layers.{}", i, layer)), layer == 0 ? 1 : 2, 1);
      if (i + layer > 0) patches += fmt::format(kNextConvolution, i, layer);
    }
  }
  script_conv(script_part(encoder, "per_patch_linear"), 1, 0);
  const ScriptModule layers = script_part(encoder, "transformer.layers");
  for (const auto& block : layers.named_children()) script_attention(block.value, config.encoder_heads, false);
  script_positions(encoder, config);
  script_part(encoder, "conv_blocks.0.layers.0").define(kConvolveLine);
  encoder.define(kPositionShare);
  encoder.define(patches + "    return self.per_patch_linear.forward(x)\n");
  encoder.define(config.encode_with_expression ? kEncoderConstants : kEncoderConstantsWithoutExpression);
  encoder.define(kEncoderStart + through_children(layers, "self.transformer.layers", "x") + "    return x\n");
}

void script_decoder(ScriptModule decoder, const FsrtModelConfig& config) {
  script_mlp(script_part(decoder, "allocation_transformer.input_mlp"));
  script_mlp(script_part(decoder, "render_mlp"));
  const ScriptModule layers = script_part(decoder, "allocation_transformer.transformer.layers");
  std::string project = kProjectStart;
  std::string transform = kTransformStart;
  for (const auto& block : layers.named_children()) {
    script_attention(block.value, config.resolved_decoder_heads(), true);
    project += fmt::format(kProjectBlock, block.name);
    transform += fmt::format(kTransformBlock, block.name);
  }
  script_positions(decoder, config);
  script_constant(decoder, "queries_at_once", config.no_gradient_queries);
  decoder.define(project + "    return memory\n");
  decoder.define(transform + "    return x\n");
  decoder.define(kSampleBias);
  decoder.define(kEmbed);
  decoder.define(kDecoder);
}

}  // namespace

ScriptModule script_reenactor(const FsrtModelConfig& config, const FsrtNetworks& networks) {
  ScriptModule reenactor = script_twin(*networks.model, "FsrtReenactor");
  reenactor.register_module("kp_detector", script_twin(*networks.detector, "FsrtReenactor_kp_detector"));
  script_constant(reenactor, "image_size", config.image_size);
  script_detector(script_part(reenactor, "kp_detector"), config);
  script_expression_network(script_part(reenactor, "expression_encoder"), config);
  script_encoder(script_part(reenactor, "encoder"), config);
  script_decoder(script_part(reenactor, "decoder"), config);
  for (const char* method : {kPrepare, kHullArea, kSpan, kDetect, kEncode, kMove, kDecode, kForward}) {
    reenactor.define(method);
  }
  return reenactor;
}

}  // namespace understudy
