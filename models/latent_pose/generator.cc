#include "models/latent_pose/generator.h"

#include <cmath>
#include <string>

#include <torch/torch.h>

#include "models/blocks/initialization.h"

namespace understudy {
namespace {

constexpr double kConvolutionEpsilon = 1e-4;
constexpr double kLinearEpsilon = 1e-12;
constexpr std::int64_t kOutputs = 4;  // red, green, blue, mask

std::shared_ptr<SpectralConv2d> add_convolution(torch::nn::Module& parent, int index, const ConvShape& shape) {
  return parent.register_module(std::to_string(index), std::make_shared<SpectralConv2d>(shape, kConvolutionEpsilon));
}

LatentPosePicture picture_of(const at::Tensor& outputs) {
  const at::Tensor mask = outputs.narrow(1, 3, 1) * 0.5 + 0.5;
  return {.fake_rgbs = (outputs.narrow(1, 0, 3) * 0.75 + 0.5) * mask, .fake_segm = mask, .affine_parameters = {}};
}

}  // namespace

GeneratorBlock::GeneratorBlock(std::int64_t inputs, std::int64_t outputs, bool doubles) : doubles_(doubles) {
  // Numbers of the published layers: norm, ReLU, [doubling], padding, convolution, and again from the norm on.
  const int first = doubles ? 4 : 3;
  ConvShape shape{.inputs = inputs, .outputs = outputs, .kernel = 3, .padding = 1, .with_bias = false};
  torch::nn::Module& branch = add_group(*this, "block");
  first_ = add_convolution(branch, first, shape);
  shape.inputs = outputs;
  second_ = add_convolution(branch, first + 4, shape);
  if (!doubles && inputs == outputs) return;
  skip_ = add_convolution(add_group(*this, "skip"), 1, {.inputs = inputs, .outputs = outputs, .kernel = 1});
}

at::Tensor GeneratorBlock::resized(const at::Tensor& input) const {
  return doubles_ ? at::upsample_nearest2d(input, {2 * input.size(2), 2 * input.size(3)}) : input;
}

at::Tensor GeneratorBlock::forward(const at::Tensor& input,
                                   const AdainAffine& before,
                                   const AdainAffine& between) const {
  const at::Tensor first = first_->forward(resized(adaptive_instance_norm(input, before).relu_()));
  const at::Tensor second = second_->forward(adaptive_instance_norm(first, between).relu_());
  // A 1x1 convolution before the doubling gives what it gives after it, for a quarter of the products.
  return second + (skip_ ? resized(skip_->forward(input)) : input);
}

void GeneratorBlock::iterate_power() {
  first_->iterate_power();
  second_->iterate_power();
  if (skip_) skip_->iterate_power();
}

LatentPoseGenerator::LatentPoseGenerator(const LatentPoseGeneratorConfig& config) : config_(config) {
  const std::int64_t start = config.width(0);
  const std::int64_t size = config.constant_size;
  constant_ = add_group(*this, "constant").register_parameter("constant", at::ones({1, start, size, size}));
  torch::nn::Module& decoder = add_group(*this, "decoder_blocks");
  const auto add_block = [&](std::int64_t inputs, std::int64_t outputs, bool doubles) {
    const std::string name = std::to_string(blocks_.size());
    blocks_.push_back(decoder.register_module(name, std::make_shared<GeneratorBlock>(inputs, outputs, doubles)));
  };
  for (std::int64_t i = 0; i < config.constant_blocks; ++i) add_block(start, start, false);
  for (std::int64_t ups = 1; ups <= config.up_blocks(); ++ups)
    add_block(config.width(ups - 1), config.width(ups), true);
  const int last = static_cast<int>(blocks_.size()) + 2;  // after the last norm and its ReLU
  const ConvShape shape{.inputs = config.width(config.up_blocks()), .outputs = kOutputs, .kernel = 3, .padding = 1};
  last_ = add_convolution(decoder, last, shape);

  std::int64_t coefficients = 0;
  for (const std::int64_t channels : config.adain_channels()) coefficients += 2 * channels;
  const std::int64_t inputs = config.identity_size + config.pose_size;
  torch::nn::Module& projector = add_group(*this, "affine_params_projector");
  const auto linear = [&](const char* name, std::int64_t from, std::int64_t to) {
    return projector.register_module(name, std::make_shared<SpectralLinear>(from, to, kLinearEpsilon));
  };
  hidden_ = linear("0", inputs, config.hidden_size());
  affine_ = linear("2", config.hidden_size(), coefficients);
}

at::Tensor LatentPoseGenerator::decode(const at::Tensor& affine_parameters) const {
  const std::vector<AdainAffine> affines = split_adain(affine_parameters, config_.adain_channels());
  at::Tensor activation = constant_.expand({affine_parameters.size(0), -1, -1, -1});
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    activation = blocks_[i]->forward(activation, affines[2 * i], affines[2 * i + 1]);
  }
  return last_->forward(adaptive_instance_norm(activation, affines.back()).relu_()).tanh();
}

LatentPosePicture LatentPoseGenerator::forward(const at::Tensor& identity, const at::Tensor& pose) const {
  const at::Tensor affine_parameters = affine_->forward(hidden_->forward(at::cat({identity, pose}, 1)).relu_());
  LatentPosePicture picture = picture_of(decode(affine_parameters));
  picture.affine_parameters = affine_parameters;
  return picture;
}

LatentPosePicture LatentPoseGenerator::forward(const at::Tensor& pose) const {
  TORCH_CHECK(has_identity(), "a generator without an identity of its own needs one with every pose");
  return forward(identity_embedding_.expand({pose.size(0), -1}), pose);
}

void LatentPoseGenerator::set_identity(const at::Tensor& embedding) {
  const at::NoGradGuard no_grad;
  if (!has_identity()) {
    const at::Tensor zeros = at::zeros({1, config_.identity_size}, constant_.options().requires_grad(false));
    identity_embedding_ = register_parameter("identity_embedding", zeros);
  }
  identity_embedding_.copy_(embedding.reshape({1, config_.identity_size}));
}

void LatentPoseGenerator::iterate_power() {
  for (const auto& block : blocks_) block->iterate_power();
  last_->iterate_power();
  hidden_->iterate_power();
  affine_->iterate_power();
}

void initialize(LatentPoseGenerator& generator, std::uint64_t seed, std::string_view name, double start_spread) {
  initialize(static_cast<torch::nn::Module&>(generator), seed, name);
  const at::NoGradGuard no_grad;
  at::Tensor start = generator.named_parameters()["constant.constant"];
  const double drawn_bound = 1.0 / std::sqrt(static_cast<double>(start.numel()));
  start.copy_(start.to(at::kFloat).mul_(start_spread / drawn_bound).add_(1.0));  // float32 numbers in float64 too
}

}  // namespace understudy
