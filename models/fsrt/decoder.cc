#include "models/fsrt/decoder.h"

#include <torch/torch.h>

#include "models/blocks/autocast.h"
#include "models/blocks/coordinate_grid.h"
#include "models/fsrt/positional_encoding.h"

namespace understudy {
namespace {

std::vector<std::int64_t> render_mlp_widths(const FsrtModelConfig& config) {
  std::vector<std::int64_t> widths = config.resolved_render_widths();
  widths.insert(widths.begin(), config.query_width());
  widths.push_back(3);
  return widths;
}

}  // namespace

TokenMemory TokenMemory::detached() const {
  TokenMemory copy;
  for (const KeyValues& block : blocks) copy.blocks.push_back({block.keys.detach(), block.values.detach()});
  return copy;
}

TokenMemory TokenMemory::of_sample(std::int64_t sample) const {
  TokenMemory part;
  for (const KeyValues& block : blocks) {
    part.blocks.push_back({block.keys.narrow(0, sample, 1), block.values.narrow(0, sample, 1)});
  }
  return part;
}

FsrtDecoder::FsrtDecoder(const FsrtModelConfig& config) : config_(config) {
  const std::int64_t query = config.query_width();
  torch::nn::Module& allocation = add_group(*this, "allocation_transformer");
  input_mlp_ = allocation.register_module(
      "input_mlp", std::make_shared<Mlp>(std::vector{query, config.query_hidden, query}, config.arithmetic()));
  torch::nn::Module& layers = add_group(add_group(allocation, "transformer"), "layers");
  const TransformerShape shape{.width = query,
                               .heads = config.resolved_decoder_heads(),
                               .head_width = config.head_width,
                               .hidden = config.resolved_decoder_hidden(),
                               .memory_width = config.token_width(),
                               .arithmetic = config.arithmetic()};
  for (std::int64_t i = 0; i < config.decoder_blocks; ++i) {
    blocks_.push_back(layers.register_module(std::to_string(i), std::make_shared<CrossAttentionBlock>(shape)));
  }
  render_mlp_ = register_module("render_mlp", std::make_shared<Mlp>(render_mlp_widths(config), config.arithmetic()));
}

TokenMemory FsrtDecoder::prepare_tokens(const at::Tensor& tokens) const {
  TokenMemory memory;
  for (const auto& block : blocks_) memory.blocks.push_back(block->project(tokens));
  return memory;
}

// What the queries of a sample share. Fast: the first layer's product with the keypoint encoding and the expression,
// and its bias, [b, 1, hidden], in the weights' precision. Plain: keypoint encoding and expression themselves.
at::Tensor FsrtDecoder::sample_share(const at::Tensor& keypoints, const at::Tensor& expression) const {
  const Linear& first = input_mlp_->first();
  const Octaves octaves{config_.keypoint_octaves, config_.keypoint_start_octave};
  const at::Tensor encoded = encode_positions(keypoints.flatten(1), octaves, first.weight().scalar_type());
  const at::Tensor constants = at::cat({encoded, expression}, 1).unsqueeze(1);
  if (config_.plain_arithmetic) return constants;
  const ProductsScope exact(first.weight().device().type(), Products::kAsGiven);
  const std::int64_t expression_column = encoded.size(1) + config_.pixel_channels();
  const at::Tensor weight = at::cat({first.weight().narrow(1, 0, encoded.size(1)),
                                     first.weight().narrow(1, expression_column, config_.expression_size)},
                                    1);
  return at::linear(constants, weight, first.bias());
}

at::Tensor FsrtDecoder::embed_with(const at::Tensor& coordinates, const at::Tensor& sample_share) const {
  const at::Tensor& weight = input_mlp_->first().weight();
  const Octaves octaves{config_.pixel_octaves, config_.pixel_start_octave};
  const at::Tensor pixels = encode_positions(coordinates, octaves, weight.scalar_type());
  if (config_.plain_arithmetic) {
    const auto parts = sample_share.expand({-1, pixels.size(1), -1})
                           .split_with_sizes({config_.keypoint_channels(), config_.expression_size}, 2);
    return input_mlp_->forward(at::cat({parts[0], pixels, parts[1]}, 2));
  }
  const at::Tensor columns = weight.narrow(1, config_.keypoint_channels(), config_.pixel_channels());
  return input_mlp_->forward_after_first(at::linear(pixels, columns).add_(sample_share));
}

at::Tensor FsrtDecoder::embed(const at::Tensor& coordinates,
                              const at::Tensor& keypoints,
                              const at::Tensor& expression) const {
  return embed_with(coordinates, sample_share(keypoints, expression));
}

at::Tensor FsrtDecoder::transform(at::Tensor stream, const TokenMemory& memory) const {
  for (std::size_t i = 0; i < blocks_.size(); ++i) stream = blocks_[i]->forward(stream, memory.blocks[i]);
  return stream;
}

at::Tensor FsrtDecoder::render(const at::Tensor& stream) const {
  return render_mlp_->forward(stream);
}

at::Tensor FsrtDecoder::forward(const TokenMemory& memory,
                                const at::Tensor& coordinates,
                                const at::Tensor& keypoints,
                                const at::Tensor& expression) const {
  return render(transform(embed(coordinates, keypoints, expression), memory));
}

at::Tensor FsrtDecoder::decode_no_grad(const TokenMemory& memory,
                                       const at::Tensor& coordinates,
                                       const at::Tensor& keypoints,
                                       const at::Tensor& expression) const {
  const at::NoGradGuard no_grad;
  const at::Tensor share = sample_share(keypoints, expression);
  at::Tensor colours = at::empty({coordinates.size(0), coordinates.size(1), 3}, share.options());
  for (std::int64_t sample = 0; sample < coordinates.size(0); ++sample) {
    const TokenMemory own = memory.of_sample(sample);
    const at::Tensor own_share = share.narrow(0, sample, 1);
    const at::Tensor queries = coordinates.narrow(0, sample, 1);
    for (std::int64_t first = 0; first < queries.size(1); first += config_.no_gradient_queries) {
      const std::int64_t count = std::min(config_.no_gradient_queries, queries.size(1) - first);
      const at::Tensor stream = transform(embed_with(queries.narrow(1, first, count), own_share), own);
      colours.narrow(0, sample, 1).narrow(1, first, count).copy_(render(stream));
    }
  }
  return colours;
}

at::Tensor FsrtDecoder::decode_all_pixels_no_grad(const TokenMemory& memory,
                                                  const at::Tensor& keypoints,
                                                  const at::Tensor& expression,
                                                  std::int64_t size) const {
  const at::Tensor grid = pixel_grid(size, size).to(expression.device()).view({1, size * size, 2});
  const at::Tensor colours = decode_no_grad(memory, grid.expand({expression.size(0), -1, -1}), keypoints, expression);
  return colours.transpose(1, 2).reshape({-1, 3, size, size});
}

}  // namespace understudy
