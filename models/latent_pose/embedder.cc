#include "models/latent_pose/embedder.h"

#include <string>

#include <torch/torch.h>

#include "models/blocks/initialization.h"

namespace understudy {

Embedder::Embedder(const EmbedderConfig& config) {
  identity_encoder_ =
      register_module("identity_encoder", std::make_shared<ResNeXt50>(config.identity, config.identity_size));
  pose_encoder_ = register_module("pose_encoder", std::make_shared<MobileNetV2>(config.pose, config.pose_size));
}

at::Tensor Embedder::identity(const at::Tensor& images) const {
  return identity_encoder_->forward(images);
}

at::Tensor Embedder::pose(const at::Tensor& images) const {
  return pose_encoder_->forward(images);
}

at::Tensor Embedder::identity_training(const at::Tensor& images, std::vector<BatchStatistics>& statistics) const {
  return identity_encoder_->forward_training(images, statistics);
}

at::Tensor Embedder::pose_training(const at::Tensor& images,
                                   const at::Tensor& dropout,
                                   std::vector<BatchStatistics>& statistics) const {
  return pose_encoder_->forward_training(images, dropout, statistics);
}

void Embedder::update_running_statistics(std::span<const BatchStatistics> statistics) {
  understudy::update_running_statistics(*this, statistics);
}

void initialize(Embedder& embedder, std::uint64_t seed, std::string_view name) {
  const std::string prefix(name);
  initialize(embedder.identity_encoder(), seed, prefix + ".identity_encoder", {.kaiming_convolutions = true});
  initialize(embedder.pose_encoder(),
             seed,
             prefix + ".pose_encoder",
             {.kaiming_convolutions = true, .linear_deviation = 0.01});
}

at::Tensor aggregate_descriptors(const at::Tensor& descriptors, std::int64_t frames, Aggregation aggregation) {
  const at::Tensor grouped = descriptors.view({-1, frames, descriptors.size(1)});
  return aggregation == Aggregation::kMean ? grouped.mean(1) : grouped.amax(1);
}

}  // namespace understudy
