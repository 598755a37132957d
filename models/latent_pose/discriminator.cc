#include "models/latent_pose/discriminator.h"

#include <cmath>
#include <string>

#include <torch/torch.h>

#include "models/blocks/initialization.h"

namespace understudy {
namespace {

constexpr double kEpsilon = 1e-4;
constexpr double kOneRowEpsilon = 1e-12;

std::shared_ptr<SpectralConv2d> add_convolution(torch::nn::Module& parent, const char* name, const ConvShape& shape) {
  return parent.register_module(name, std::make_shared<SpectralConv2d>(shape, kEpsilon));
}

}  // namespace

DiscriminatorBlock::DiscriminatorBlock(std::int64_t inputs, std::int64_t outputs, bool halves) {
  // Numbers of the published layers: ReLU, padding, convolution, and the same again.
  torch::nn::Module& branch = add_group(*this, "block");
  first_ = add_convolution(branch, "2", {.inputs = inputs, .outputs = outputs, .kernel = 3, .padding = 1});
  second_ = add_convolution(branch, "5", {.inputs = outputs, .outputs = outputs, .kernel = 3, .padding = 1});
  if (!halves) return;
  skip_ = add_convolution(add_group(*this, "skip"), "0", {.inputs = inputs, .outputs = outputs, .kernel = 1});
}

at::Tensor DiscriminatorBlock::forward(const at::Tensor& activated, SpectralPass pass) const {
  const at::Tensor branch = second_->forward(first_->forward(activated, pass).relu_(), pass);
  if (!skip_) return branch + activated;
  // A 1x1 convolution after the averaging gives what it gives before it, for a quarter of the products.
  return at::avg_pool2d(branch, 2) + skip_->forward(at::avg_pool2d(activated, 2), pass);
}

void DiscriminatorBlock::iterate_power() {
  first_->iterate_power(kDiscriminatorPasses);
  second_->iterate_power(kDiscriminatorPasses);
  if (skip_) skip_->iterate_power(kDiscriminatorPasses);
}

ProjectionDiscriminator::ProjectionDiscriminator(const LatentPoseDiscriminatorConfig& config) : config_(config) {
  const std::int64_t width = config.width(0);
  torch::nn::Module& branch = add_group(*this, "down_block");
  first_ = add_convolution(branch, "0", {.inputs = 3, .outputs = width, .kernel = 3, .padding = 1});
  second_ = add_convolution(branch, "2", {.inputs = width, .outputs = width, .kernel = 3, .padding = 1});
  skip_ = add_convolution(add_group(*this, "skip"), "0", {.inputs = 3, .outputs = width, .kernel = 1});
  torch::nn::Module& blocks = add_group(*this, "blocks");
  for (std::int64_t i = 1; i < config.blocks; ++i) {
    auto block = std::make_shared<DiscriminatorBlock>(config.width(i - 1), config.width(i), i < config.down_blocks());
    blocks_.push_back(blocks.register_module(std::to_string(i - 1), std::move(block)));
  }
  const std::int64_t last = config.width(config.blocks - 1);
  linear_ = register_module("linear", std::make_shared<SpectralLinear>(last, 1, kEpsilon));
  embed_ = register_module("embed", std::make_shared<SpectralEmbedding>(config.labels, config.identity_size, kEpsilon));
}

at::Tensor ProjectionDiscriminator::label_embedding(const at::Tensor& labels) const {
  return embed_->forward(labels);
}

at::Tensor ProjectionDiscriminator::first_stage(const at::Tensor& images, SpectralPass pass) const {
  const at::Tensor branch = second_->forward(first_->forward(images, pass).relu_(), pass);
  return at::avg_pool2d(branch, 2) + skip_->forward(at::avg_pool2d(images, 2), pass);
}

ProjectionJudgement ProjectionDiscriminator::forward(const at::Tensor& images,
                                                     const at::Tensor& label_embedding,
                                                     SpectralPass pass) const {
  ProjectionJudgement judgement;
  at::Tensor activation = first_stage(images, pass);
  for (const auto& block : blocks_) {
    activation.relu_();
    judgement.features.push_back(activation);
    activation = block->forward(activation, pass);
  }
  judgement.features.push_back(activation);
  // Summed over the picture in the number type of the vectors: a product in bfloat16 would leave few digits of a score.
  const at::Tensor pooled = at::relu(activation).to(label_embedding.scalar_type()).sum({2, 3});
  judgement.scores = (pooled * label_embedding).sum(1) + linear_->forward(pooled, pass).squeeze(1);
  return judgement;
}

void ProjectionDiscriminator::iterate_power() {
  for (const auto& convolution : {first_, second_, skip_}) convolution->iterate_power(kDiscriminatorPasses);
  for (const auto& block : blocks_) block->iterate_power();
  linear_->iterate_power(kDiscriminatorPasses);
  embed_->iterate_power();
}

void ProjectionDiscriminator::set_identity(const at::Tensor& embedding) {
  const at::Tensor like = embed_->weight();
  embed_ = replace_module("embed", std::make_shared<SpectralEmbedding>(1, config_.identity_size, kOneRowEpsilon));
  embed_->to(like.device(), like.scalar_type());
  const at::NoGradGuard no_grad;
  at::Tensor weight = embed_->weight();
  weight.copy_(embedding.reshape({1, config_.identity_size}));
  embed_->iterate_power();  // one is exact for a single row
}

void initialize(ProjectionDiscriminator& discriminator, std::uint64_t seed, std::string_view name) {
  constexpr double kBound = 0.1;
  initialize(static_cast<torch::nn::Module&>(discriminator), seed, name);
  const at::NoGradGuard no_grad;
  at::Tensor vectors = discriminator.named_parameters()["embed.weight_orig"];
  const double drawn_bound = 1.0 / std::sqrt(static_cast<double>(vectors.size(1)));
  vectors.copy_(vectors.to(at::kFloat).mul_(kBound / drawn_bound));  // float32 numbers in float64 too
}

}  // namespace understudy
