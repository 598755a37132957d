#include <ATen/ATen.h>

#include "models/blocks/state.h"
#include "trainer/adam.h"
#include "trainer/recipes/latent_pose/latent_pose_checkpoint.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

at::Tensor batch_tensor(const NamedTensors& stored, const char* name, at::ScalarType type, const std::string& file) {
  return require_tensor(stored, name, file).to(type);
}

/// A replay of one stored batch.
class Replay {
 public:
  Replay(const LatentPoseRecipeConfig& config, const RunConfig& run, const ReplayRequest& request)
      : config_(config),
        request_(request),
        networks_(make_latent_pose_networks(config, static_cast<std::uint64_t>(run.seed))) {
    load_networks();
  }

  NamedTensors drive(const NamedTensors& stored) const;
  NamedTensors train(const RunConfig& run, const NamedTensors& stored);

 private:
  at::ScalarType type() const { return config_.precision == Precision::kFloat64 ? at::kDouble : at::kFloat; }
  void load_networks();
  LatentPoseBatch read_batch(const NamedTensors& stored) const;
  void add_tensors(const std::string& prefix, const NamedTensors& tensors);
  void step(const Player& player, Iteration iteration, const std::string& gradient_prefix);

  const LatentPoseRecipeConfig& config_;
  const ReplayRequest& request_;
  LatentPoseNetworks networks_;
  NamedTensors results_;
};

void Replay::load_networks() {
  const NamedTensors weights = latent_pose_names(load_weights(request_.weights));
  const std::string file = request_.weights.string();
  load_state(*networks_.embedder, group_of(weights, "embedder"), file + ": embedder");
  load_state(*networks_.generator, group_of(weights, "generator"), file + ": generator");
  if (config_.stage != LatentPoseStage::kDrive)
    load_state(*networks_.discriminator, group_of(weights, "discriminator"), file + ": discriminator");
}

LatentPoseBatch Replay::read_batch(const NamedTensors& stored) const {
  const std::string file = request_.batch.string();
  const auto get = [&](const char* name) { return batch_tensor(stored, name, type(), file); };
  LatentPoseBatch batch{.identity_frames = {},
                        .pose_frame = get("pose_frame"),
                        .target = get("target"),
                        .target_mask = get("target_mask"),
                        .label = batch_tensor(stored, "label", at::kLong, file),
                        .pose_dropout = {}};
  if (config_.stage == LatentPoseStage::kMeta) batch.identity_frames = get("identity_frames");
  if (find_tensor(stored, "pose_dropout") != nullptr) batch.pose_dropout = get("pose_dropout");
  return batch;
}

void Replay::add_tensors(const std::string& prefix, const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) results_.emplace_back(prefix + name, tensor.detach().clone());
}

/// The player's gradients and, after one step of a fresh optimiser, its parameters.
void Replay::step(const Player& player, Iteration iteration, const std::string& gradient_prefix) {
  std::vector<at::Tensor> gradients;
  for (const auto& [name, parameter] : player.parameters) {
    gradients.push_back(parameter.grad());
    const std::string own = gradient_prefix == "gradient." ? name : name.substr(name.find('.') + 1);
    if (gradients.back().defined()) results_.emplace_back(gradient_prefix + own, gradients.back().clone());
  }
  Adam(player.parameters, player.adam).step(gradients, player.learning_rate(iteration));
  for (const auto& [name, parameter] : player.parameters)
    results_.emplace_back("parameter." + name, parameter.detach().clone());
}

NamedTensors Replay::drive(const NamedTensors& stored) const {
  const at::NoGradGuard no_grad;
  const at::Tensor frames = batch_tensor(stored, "pose_frame", type(), request_.batch.string());
  const at::Tensor pose = networks_.embedder->pose(frames);
  const LatentPosePicture picture = networks_.generator->forward(pose);
  return {{"embedding.pose", pose}, {"picture.fake_rgbs", picture.fake_rgbs}, {"picture.fake_segm", picture.fake_segm}};
}

NamedTensors Replay::train(const RunConfig& run, const NamedTensors& stored) {
  const LatentPoseBatch batch = read_batch(stored);
  LatentPoseRecipe recipe(
      config_, run, networks_, make_latent_pose_perceptual(config_, static_cast<std::uint64_t>(run.seed)));
  const std::vector<Player> players = recipe.players();
  recipe.begin_iteration(request_.iteration);
  LatentPosePass pass = recipe.step().forward(batch);
  {
    const Frozen frozen(*networks_.discriminator);
    const LatentPoseGeneratorLoss loss = recipe.step().generator_loss(batch, pass);
    for (const auto& [name, value] : loss.terms)
      results_.emplace_back("loss." + name, at::scalar_tensor(value, at::kDouble));
    loss.total.backward();
  }
  const LatentPoseDiscriminatorLoss loss = recipe.step().discriminator_loss(batch, pass);
  results_.emplace_back("loss.adversarial_D", loss.total.detach());
  loss.total.backward();
  NamedTensors seen = {{"embedding.pose", pass.pose},
                       {"embedding.label", pass.label},
                       {"picture.fake_rgbs", pass.picture.fake_rgbs},
                       {"picture.fake_segm", pass.picture.fake_segm},
                       {"affine_parameters", pass.picture.affine_parameters},
                       {"score.fake_G", pass.fake.scores},
                       {"score.fake_D", loss.fake_scores},
                       {"score.real", loss.real_scores}};
  if (pass.identity.defined()) {
    seen.emplace_back("embedding.identity_frames", pass.frame_identities);
    seen.emplace_back("embedding.identity", pass.identity);
  }
  for (std::size_t layer = 0; layer < pass.real_features.size(); ++layer) {
    seen.emplace_back("feature.fake." + std::to_string(layer), pass.fake.features[layer]);
    seen.emplace_back("feature.real." + std::to_string(layer), pass.real_features[layer]);
  }
  add_tensors("", seen);
  std::vector<at::Tensor> statistics;
  for (const BatchStatistics& layer : pass.statistics) {
    statistics.push_back(layer.mean);
    statistics.push_back(layer.variance);
  }
  recipe.apply_statistics(statistics);
  step(players.at(1), request_.iteration, "discriminator_gradient.");
  step(players.at(0), request_.iteration, "gradient.");
  recipe.after_step(request_.iteration);
  const auto add_buffers = [&](const std::string& name, const torch::nn::Module& network) {
    for (const auto& item : network.named_buffers())
      results_.emplace_back("buffer." + name + "." + item.key(), item.value().clone());
  };
  add_buffers("embedder", *networks_.embedder);
  add_buffers("generator", *networks_.generator);
  add_buffers("discriminator", *networks_.discriminator);
  add_tensors("average.embedder.", state_of(*networks_.average_embedder));
  add_tensors("average.generator.", state_of(*networks_.average_generator));
  return std::move(results_);
}

}  // namespace

NamedTensors LatentPoseRecipeConfig::replay(const RunConfig& run,
                                            const ReplayRequest& request,
                                            const NamedTensors& stored) const {
  LatentPoseRecipeConfig config = *this;
  if (request.perceptual) config.perceptual_weights_file = config.face_weights_file = request.perceptual->string();
  Replay replay(config, run, request);
  return config.stage == LatentPoseStage::kDrive ? replay.drive(stored) : replay.train(run, stored);
}

}  // namespace understudy
