#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "models/blocks/state.h"
#include "trainer/adam.h"
#include "trainer/learning_rate.h"
#include "trainer/recipes/fsrt/fsrt_recipe.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

FsrtBatch batch_from(const NamedTensors& tensors, const FsrtRecipeConfig& config, const std::string& file) {
  const auto get = [&](const char* name) { return require_tensor(tensors, name, file); };
  const bool full = config.data.out_of_frame_motion;
  return {.source_a1 = get("source_a1"),
          .source_a2 = get("source_a2"),
          .source_full_a2 = full ? get("source_full_a2") : at::Tensor(),
          .driving_a1 = get("driving_a1"),
          .driving_a2 = get("driving_a2"),
          .driving_full_a2 = full ? get("driving_full_a2") : at::Tensor(),
          .driving_face_a3 = get("driving_face_a3"),
          .crop_scale = get("crop_scale"),
          .crop_shift = get("crop_shift"),
          .query_pixels = get("query_pixels"),
          .plain_from_a2 = get("plain_from_a2"),
          .use_plain_expression = get("use_plain_expression")};
}

void add_losses(NamedTensors& results, const std::vector<Term>& terms) {
  for (const auto& [name, value] : terms) results.emplace_back("loss." + name, at::scalar_tensor(value, at::kDouble));
}

/// The player's gradients and, after one step of a fresh Adam, its parameters.
void step_player(const Player& player,
                 Iteration iteration,
                 const std::string& gradient_prefix,
                 const std::string& parameter_prefix,
                 NamedTensors& results) {
  std::vector<at::Tensor> gradients;
  for (const auto& [name, parameter] : player.parameters) {
    gradients.push_back(parameter.grad());
    if (gradients.back().defined()) results.emplace_back(gradient_prefix + name, gradients.back().clone());
  }
  Adam(player.parameters, player.adam).step(gradients, player.learning_rate(iteration));
  for (const auto& [name, parameter] : player.parameters)
    results.emplace_back(parameter_prefix + name, parameter.detach().clone());
}

}  // namespace

std::vector<ConfigOverride> FsrtRecipeConfig::published_arithmetic() const {
  return {{.key = "model.plain_arithmetic", .value = "true"}};
}

NamedTensors FsrtRecipeConfig::replay(const RunConfig& run,
                                      const ReplayRequest& request,
                                      const NamedTensors& stored) const {
  FsrtRecipeConfig config = *this;
  if (request.perceptual) config.perceptual_weights_file = request.perceptual->string();
  const FsrtBatch batch = batch_from(stored, config, request.batch.string());
  RunConfig one_batch = run;
  one_batch.batch = {
      .global_batch = batch.samples(), .micro_batch = batch.samples(), .statistics_group = batch.samples()};

  const NamedTensors weights = load_weights(request.weights);
  FsrtNetworks networks = make_fsrt_networks(config, static_cast<std::uint64_t>(run.seed), true);
  const std::string file = request.weights.string();
  load_state(networks.model->encoder(), group_of(weights, "encoder"), file + ": encoder");
  load_state(networks.model->decoder(), group_of(weights, "decoder"), file + ": decoder");
  load_state(
      networks.model->expression_encoder(), group_of(weights, "expression_encoder"), file + ": expression_encoder");
  load_state(*networks.detector, group_of(weights, "kp_detector"), file + ": kp_detector");
  const FsrtPhase phase = FsrtPhase::at(config.phases, request.iteration);
  if (phase.discriminator)
    load_state(*networks.discriminator, group_of(weights, "discriminator"), file + ": discriminator");
  std::shared_ptr<Vgg19> vgg;
  if (phase.perceptual) vgg = make_perceptual_network(config, static_cast<std::uint64_t>(run.seed));

  FsrtRecipe recipe(config, one_batch, networks, vgg);
  const std::vector<Player> players = recipe.players();
  NamedTensors results;
  FsrtPass pass = recipe.step().extract(batch);
  recipe.step().predict(batch, phase, pass);
  {
    const Frozen frozen(*networks.discriminator);
    const FsrtGeneratorLoss loss = recipe.step().generator_loss(pass, phase, {});
    add_losses(results, loss.terms);
    loss.total.backward();
  }
  results.emplace_back("prediction", pass.prediction.detach());
  results.emplace_back("tokens", pass.tokens.detach());
  results.emplace_back("keypoints.source", pass.source_keypoints);
  results.emplace_back("keypoints.driving", pass.driving_keypoints);
  results.emplace_back("expression.source_a1", pass.expressions.source_a1.detach());
  results.emplace_back("expression.source_a2", pass.expressions.source_a2.detach());
  results.emplace_back("expression.driving_plain", pass.expressions.driving_plain.detach());
  results.emplace_back("expression.driving_face_a3", pass.expressions.driving_face_a3.detach());
  results.emplace_back("expression.selected", pass.expressions.selected.detach());
  if (phase.discriminator) {
    const FsrtDiscriminatorLoss loss = recipe.step().discriminator_loss(pass);
    add_losses(results, {{"discriminator", loss.total.item<double>()}});
    loss.total.backward();
    results.emplace_back("discriminator_map.prediction", loss.prediction_map);
    results.emplace_back("discriminator_map.target", loss.target_map);
    step_player(players.at(1), request.iteration, "discriminator_gradient.", "parameter.discriminator.", results);
  }
  step_player(players.at(0), request.iteration, "gradient.", "parameter.", results);
  return results;
}

}  // namespace understudy
