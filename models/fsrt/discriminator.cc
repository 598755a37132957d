#include "models/fsrt/discriminator.h"

#include <algorithm>

#include <torch/torch.h>

#include "models/blocks/anti_alias.h"
#include "models/blocks/bilinear.h"
#include "models/blocks/coordinate_grid.h"

namespace understudy {
namespace {

constexpr std::int64_t kKernel = 4;
constexpr double kSlope = 0.2;
constexpr double kHeatmapVariance = 0.01;

}  // namespace

Discriminator::Discriminator(const FsrtModelConfig& config)
    : image_size_(config.image_size), use_keypoints_(config.discriminator_keypoints) {
  torch::nn::Module& downs = add_group(*this, "down_blocks");
  std::int64_t inputs = 3 + (use_keypoints_ ? config.keypoints : 0);
  for (std::int64_t i = 0; i < config.discriminator_blocks; ++i) {
    const std::int64_t outputs = std::min(config.discriminator_max_width, config.discriminator_width << (i + 1));
    torch::nn::Module& block = add_group(downs, std::to_string(i));
    const ConvShape shape{.inputs = inputs, .outputs = outputs, .kernel = kKernel};
    const bool sn = config.discriminator_spectral_norm;
    blocks_.push_back({block.register_module("conv", std::make_shared<DiscriminatorConv>(shape, sn)), nullptr});
    if (i > 0) blocks_.back().norm = block.register_module("norm", std::make_shared<InstanceNorm2d>(outputs));
    inputs = outputs;
  }
  const ConvShape last{.inputs = inputs, .outputs = 1, .kernel = 1};
  conv_ = register_module("conv", std::make_shared<DiscriminatorConv>(last, config.discriminator_spectral_norm));
}

at::Tensor Discriminator::input_channels(const at::Tensor& images, const at::Tensor& keypoints) const {
  at::Tensor resized = images;
  if (images.size(2) != image_size_ || images.size(3) != image_size_) {
    resized = resize_bilinear_aligned(images, image_size_, image_size_);
  }
  if (!use_keypoints_) return resized;
  return at::cat({resized, gaussian_heatmaps(keypoints, image_size_, image_size_, kHeatmapVariance)}, 1);
}

Judgement Discriminator::forward(const at::Tensor& images, const at::Tensor& keypoints) const {
  Judgement judgement;
  at::Tensor activation = input_channels(images, keypoints);
  for (const Block& block : blocks_) {
    activation = block.conv->forward(activation);
    if (block.norm) activation = block.norm->forward(activation);
    activation = at::leaky_relu_(activation, kSlope);
    if (&block != &blocks_.back()) activation = at::avg_pool2d(activation, 2);
    judgement.features.push_back(activation);
  }
  judgement.map = conv_->forward(activation);
  return judgement;
}

void Discriminator::iterate_power() {
  for (Block& block : blocks_) block.conv->iterate_power();
  conv_->iterate_power();
}

MultiScaleDiscriminator::MultiScaleDiscriminator(const FsrtModelConfig& config) {
  torch::nn::Module& discs = add_group(*this, "discs");
  for (const double scale : config.discriminator_scales) {
    discs_.push_back(discs.register_module(scale_name(scale), std::make_shared<Discriminator>(config)));
  }
}

std::vector<Judgement> MultiScaleDiscriminator::forward(const std::vector<at::Tensor>& pyramid,
                                                        const at::Tensor& keypoints) const {
  std::vector<Judgement> judgements;
  for (std::size_t i = 0; i < discs_.size(); ++i) judgements.push_back(discs_[i]->forward(pyramid[i], keypoints));
  return judgements;
}

void MultiScaleDiscriminator::iterate_power() {
  for (const auto& disc : discs_) disc->iterate_power();
}

}  // namespace understudy
