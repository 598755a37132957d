#include "models/fsrt/encoder.h"

#include <torch/torch.h>

#include "models/blocks/autocast.h"
#include "models/blocks/coordinate_grid.h"
#include "models/fsrt/positional_encoding.h"

namespace understudy {
namespace {

// valid[i, k] = 1 when tap k of a 3-tap kernel around position i lies inside 0 ... length - 1, else 0: [length, 3].
at::Tensor valid_taps(std::int64_t length, const at::TensorOptions& options) {
  at::Tensor valid = at::ones({length, 3}, options);
  valid[0][0] = 0;
  valid[length - 1][2] = 0;
  return valid;
}

// A 3-tap convolution of functions of one coordinate. @param weights [o, c, 3, a], taps of that coordinate in dimension
// 2, of the other in dimension 3  @param values [length, c]  @return [o, a, length], one sum for each tap of the other
// coordinate
at::Tensor convolve_line(const at::Tensor& weights, const at::Tensor& values) {
  const at::Tensor flat = weights.permute({0, 3, 1, 2}).flatten(0, 1);
  const at::Tensor sums = at::conv1d(values.t().unsqueeze(0), flat, {}, 1, 1).squeeze(0);
  return sums.view({weights.size(0), weights.size(3), -1});
}

// The channels of a pixel encoding that depend on x (rows 0) or y (rows 1): sines, then cosines; [2, octaves * 2].
at::Tensor channels_by_coordinate(std::int64_t octaves) {
  return at::arange(4 * octaves, at::kLong).view({2, 2, octaves}).transpose(0, 1).flatten(1);
}

std::vector<ConvShape> conv_shapes(const FsrtModelConfig& config) {
  const std::int64_t constants = config.encode_with_expression ? config.expression_size : 0;
  std::int64_t inputs = 3 + config.keypoint_channels() + config.pixel_channels() + constants;
  std::vector<ConvShape> shapes;
  for (std::int64_t width = config.encoder_width; width < 8 * config.encoder_width; width *= 2) {
    shapes.push_back({.inputs = inputs, .outputs = width, .kernel = 3, .padding = 1, .with_bias = false});
    shapes.push_back(
        {.inputs = width, .outputs = 2 * width, .kernel = 3, .stride = 2, .padding = 1, .with_bias = false});
    inputs = 2 * width;
  }
  return shapes;
}

}  // namespace

FsrtEncoder::FsrtEncoder(const FsrtModelConfig& config) : config_(config) {
  const std::vector<ConvShape> shapes = conv_shapes(config);
  torch::nn::Module& blocks = add_group(*this, "conv_blocks");
  for (std::size_t i = 0; i < shapes.size(); i += 2) {
    torch::nn::Module& layers = add_group(add_group(blocks, std::to_string(i / 2)), "layers");
    convs_.push_back(layers.register_module("0", std::make_shared<Conv2d>(shapes[i])));
    convs_.push_back(layers.register_module("2", std::make_shared<Conv2d>(shapes[i + 1])));
  }
  const ConvShape patch{.inputs = config.token_width(), .outputs = config.token_width(), .kernel = 1};
  per_patch_linear_ = register_module("per_patch_linear", std::make_shared<Conv2d>(patch));
  torch::nn::Module& layers = add_group(add_group(*this, "transformer"), "layers");
  const TransformerShape shape{.width = config.token_width(),
                               .heads = config.encoder_heads,
                               .head_width = config.head_width,
                               .hidden = config.encoder_hidden,
                               .arithmetic = config.arithmetic()};
  for (std::int64_t i = 0; i < config.encoder_blocks; ++i) {
    blocks_.push_back(layers.register_module(std::to_string(i), std::make_shared<SelfAttentionBlock>(shape)));
  }
}

// The share of the pixel encoding and of the channels that are constant over a picture, [n, o, h, w], is a sum over
// the three taps of y of functions of x and over the three taps of x of functions of y: one matrix product of rank 6.
// In the weights' precision: bfloat16 would round each of these sums before they are added up.
at::Tensor FsrtEncoder::position_share(const at::Tensor& constants, std::int64_t height, std::int64_t width) const {
  const at::Tensor& weight = convs_.front()->weight();
  const ProductsScope exact(weight.device().type(), Products::kAsGiven);
  const std::int64_t keypoint_channels = config_.keypoint_channels();
  const std::int64_t first_constant = 3 + keypoint_channels + config_.pixel_channels();
  const at::Tensor constant_weight = at::cat(
      {weight.narrow(1, 3, keypoint_channels), weight.narrow(1, first_constant, weight.size(1) - first_constant)}, 1);
  // [n, o, 3, 3]: what each tap adds wherever it lies inside the picture.
  const at::Tensor taps =
      at::matmul(constants, constant_weight.transpose(0, 1).flatten(1)).view({-1, weight.size(0), 3, 3});

  const Octaves octaves{config_.pixel_octaves, config_.pixel_start_octave};
  const at::Tensor pixels = weight.narrow(1, 3 + keypoint_channels, config_.pixel_channels());
  const at::Tensor channels = channels_by_coordinate(octaves.count).to(weight.device());
  const at::Tensor grid = pixel_grid(height, width).to(weight.device());
  const at::Tensor x = encode_positions(grid[0].narrow(1, 0, 1), octaves, weight.scalar_type());
  const at::Tensor y = encode_positions(grid.select(1, 0).narrow(1, 1, 1), octaves, weight.scalar_type());
  const at::Tensor along_x = convolve_line(pixels.index_select(1, channels[0]).transpose(2, 3), x);  // [o, 3 of y, w]
  const at::Tensor along_y = convolve_line(pixels.index_select(1, channels[1]), y);                  // [o, 3 of x, h]

  const at::Tensor rows = valid_taps(height, weight.options().requires_grad(false));
  const at::Tensor columns = valid_taps(width, weight.options().requires_grad(false)).t();
  const at::Tensor functions_of_x = at::matmul(taps, columns) + along_x;  // [n, o, 3, w]
  const at::Tensor left = at::cat({rows.expand({weight.size(0), -1, -1}), along_y.transpose(1, 2)}, 2);
  const at::Tensor right = at::cat({functions_of_x, columns.expand_as(functions_of_x)}, 2);
  return at::matmul(left, right);
}

// What the first convolution reads in the plain form: [n, 3 + keypoint + pixel channels + e, h, w].
at::Tensor FsrtEncoder::all_channels(const at::Tensor& pictures, const at::Tensor& constants) const {
  const std::int64_t height = pictures.size(2);
  const std::int64_t width = pictures.size(3);
  const at::Tensor grid = pixel_grid(height, width).to(pictures.device());
  const Octaves octaves{config_.pixel_octaves, config_.pixel_start_octave};
  const at::Tensor position = encode_positions(grid, octaves, pictures.scalar_type()).permute({2, 0, 1});
  const at::Tensor maps = constants.unsqueeze(-1).unsqueeze(-1).expand({-1, -1, height, width});
  const std::int64_t keypoint_channels = config_.keypoint_channels();
  return at::cat({pictures,
                  maps.narrow(1, 0, keypoint_channels),
                  position.expand({pictures.size(0), -1, -1, -1}),
                  maps.narrow(1, keypoint_channels, maps.size(1) - keypoint_channels)},
                 1);
}

at::Tensor FsrtEncoder::first_convolution(const at::Tensor& images,
                                          const at::Tensor& keypoints,
                                          const at::Tensor& expressions) const {
  const at::Tensor& weight = convs_.front()->weight();
  const Octaves octaves{config_.keypoint_octaves, config_.keypoint_start_octave};
  at::Tensor constants = encode_positions(keypoints.flatten(-2).flatten(0, 1), octaves, weight.scalar_type());
  if (config_.encode_with_expression) constants = at::cat({constants, expressions.flatten(0, 1)}, 1);
  const at::Tensor pictures = images.flatten(0, 1);
  if (config_.plain_arithmetic) return convs_.front()->forward(all_channels(pictures, constants));
  return at::conv2d(pictures, weight.narrow(1, 0, 3), {}, 1, 1)
      .add_(position_share(constants, pictures.size(2), pictures.size(3)));
}

at::Tensor FsrtEncoder::patches(at::Tensor activation) const {
  activation = activation.relu_();
  for (std::size_t i = 1; i < convs_.size(); ++i) activation = convs_[i]->forward(activation).relu_();
  return per_patch_linear_->forward(activation);
}

at::Tensor FsrtEncoder::forward(const at::Tensor& images,
                                const at::Tensor& keypoints,
                                const at::Tensor& expressions) const {
  const at::Tensor patch = patches(first_convolution(images, keypoints, expressions));
  at::Tensor tokens = patch.flatten(2).transpose(1, 2).reshape({images.size(0), -1, patch.size(1)});
  for (const auto& block : blocks_) tokens = block->forward(tokens);
  return tokens;
}

}  // namespace understudy
