#include "trainer/recipes/latent_pose/latent_pose_reenactor.h"

#include <ATen/ATen.h>

#include "common/errors.h"
#include "models/blocks/state.h"
#include "trainer/inference.h"
#include "trainer/recipes/latent_pose/latent_pose_input.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

/// The running average of a network's weights, else the weights.
NamedTensors shown_weights(const NamedTensors& weights, const std::string& network) {
  NamedTensors average = group_of(weights, "average." + network);
  return average.empty() ? group_of(weights, network) : average;
}

}  // namespace

LatentPoseReenactor::LatentPoseReenactor(const LatentPoseRecipeConfig& config, const NamedTensors& weights)
    : config_(config),
      embedder_(std::make_shared<Embedder>(config.model.embedder)),
      generator_(std::make_shared<LatentPoseGenerator>(config.model.generator())) {
  const NamedTensors generator = shown_weights(weights, "generator");
  if (find_tensor(generator, "identity_embedding") != nullptr)
    generator_->set_identity(at::zeros({1, config.model.embedder.identity_size}));
  load_state(*embedder_, shown_weights(weights, "embedder"), "embedder");
  load_state(*generator_, generator, "generator");
  if (config.precision != Precision::kFloat64) return;
  convert_precision(*embedder_, at::kDouble);
  convert_precision(*generator_, at::kDouble);
}

std::int64_t LatentPoseReenactor::sources_wanted() const {
  return generator_->has_identity() ? 0 : config_.model.identity_frames;
}

void LatentPoseReenactor::set_sources(std::span<const Picture> sources) {
  if (generator_->has_identity()) throw ConfigError("these weights are tuned to one person and draw nobody else");
  const at::NoGradGuard no_grad;
  identity_ = aggregate_descriptors(
      embedder_->identity(latent_pose_input(sources, config_)), std::ssize(sources), config_.model.aggregation);
}

AnimatedFrames LatentPoseReenactor::render(std::span<const Picture> driving, const ReenactMode&) const {
  const at::NoGradGuard no_grad;
  const at::Tensor pose = embedder_->pose(latent_pose_input(driving, config_));
  const LatentPosePicture drawn = generator_->has_identity()
                                      ? generator_->forward(pose)
                                      : generator_->forward(identity_.expand({pose.size(0), -1}), pose);
  return {drawn.fake_rgbs.clamp(0, 1).to(at::kFloat), drawn.fake_segm.to(at::kFloat)};
}

std::unique_ptr<Reenactor> LatentPoseRecipeConfig::make_reenactor(const RunConfig&,
                                                                  const InferenceSource& source) const {
  return std::make_unique<LatentPoseReenactor>(*this, own_names(load_weights(source.weights)));
}

}  // namespace understudy
