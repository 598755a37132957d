#include "trainer/recipes/latent_pose/latent_pose_recipe.h"

#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/errors.h"
#include "common/philox.h"
#include "data_pipeline/latent_pose_sample.h"
#include "losses/pixel.h"
#include "models/blocks/state.h"
#include "trainer/learning_rate.h"
#include "trainer/pictures.h"
#include "trainer/recipes/latent_pose/latent_pose_draw_report.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

using NamedParameters = std::vector<std::pair<std::string, at::Tensor>>;

void append_parameters(const torch::nn::Module& network, const std::string& prefix, NamedParameters& parameters) {
  for (const auto& item : network.named_parameters()) parameters.emplace_back(prefix + item.key(), item.value());
}

}  // namespace

LatentPoseRecipe::LatentPoseRecipe(const LatentPoseRecipeConfig& config,
                                   const RunConfig& run,
                                   LatentPoseNetworks networks,
                                   LatentPosePerceptual perceptual)
    : config_(config),
      run_(run),
      networks_(std::move(networks)),
      perceptual_(std::move(perceptual)),
      step_(config_, networks_, perceptual_),
      embedder_average_(*networks_.embedder, *networks_.average_embedder, config_.average_decay),
      generator_average_(*networks_.generator, *networks_.average_generator, config_.average_decay) {}

EpisodeSpec LatentPoseRecipe::episode() const {
  EpisodeSpec spec{.sources = 0, .distinct_frames = true, .needs_landmarks = false, .needs_masks = true};
  if (config_.stage != LatentPoseStage::kMeta) return spec;
  spec.sources = config_.model.identity_frames;
  spec.videos = VideoLimit{config_.model.identities, "model.identities"};
  return spec;
}

void LatentPoseRecipe::move_to(at::Device device) {
  settle_float32_products(config_.precision, device);
  for (torch::nn::Module* network : std::initializer_list<torch::nn::Module*>{networks_.embedder.get(),
                                                                              networks_.generator.get(),
                                                                              networks_.discriminator.get(),
                                                                              networks_.average_embedder.get(),
                                                                              networks_.average_generator.get(),
                                                                              perceptual_.vgg.get(),
                                                                              perceptual_.face.get()}) {
    if (network != nullptr) network->to(device);
  }
}

/// Factors of the features in front of the pose encoder's last layer.
at::Tensor LatentPoseRecipe::draw_dropout(std::uint64_t sample) const {
  const double dropped = config_.model.pose_dropout;
  at::Tensor factors = at::ones({config_.model.embedder.pose.feature_channels()}, at::kFloat);
  if (dropped == 0.0) return factors;
  Draws draws(static_cast<std::uint64_t>(run_.seed), Purpose::kDropout, sample);
  const auto kept = static_cast<float>(1.0 / (1.0 - dropped));
  float* values = factors.data_ptr<float>();
  for (std::int64_t i = 0; i < factors.numel(); ++i) values[i] = draws.coin(dropped) ? 0.0F : kept;
  return factors;
}

/// The row of the discriminator's matrix; validation has none.
std::int64_t LatentPoseRecipe::label(const EpisodeFrames& frames, const SampleUse& use) const {
  if (!use.training || config_.stage != LatentPoseStage::kMeta) return 0;
  return frames.episode().video;
}

LatentPoseDraws LatentPoseRecipe::draw(const EpisodeFrames& frames, const SampleUse& use) const {
  if (!use.training) return {};
  return draw_latent_pose(static_cast<std::uint64_t>(run_.seed), frames.episode().sample, config_.data);
}

nlohmann::ordered_json LatentPoseRecipe::describe_draws(const EpisodeFrames& frames, const SampleUse& use) const {
  nlohmann::ordered_json json = describe_latent_pose_draws(draw(frames, use));
  json["label"] = label(frames, use);
  const at::Tensor kept = draw_dropout(frames.episode().sample).count_nonzero();
  json["pose_features_kept"] = kept.item<std::int64_t>();
  return json;
}

Sample LatentPoseRecipe::prepare(const EpisodeFrames& frames, const SampleUse& use) const {
  thread_local std::vector<Picture> decoded;  // memory that a thread keeps between samples
  decoded.resize(frames.count());
  for (std::size_t i = 0; i < frames.count(); ++i) frames.decode(i, decoded[i]);
  const Mask mask = frames.mask(frames.count() - 1);
  const std::int64_t n = config_.model.image_size;
  LatentPoseBatch sample{.identity_frames = at::empty({static_cast<std::int64_t>(frames.count()) - 1, 3, n, n}),
                         .pose_frame = at::empty({3, n, n}),
                         .target = at::empty({3, n, n}),
                         .target_mask = at::empty({1, n, n}),
                         .label = at::scalar_tensor(label(frames, use), at::kLong),
                         .pose_dropout = draw_dropout(frames.episode().sample)};
  render_pictures({.frames = decoded, .driving_mask = &mask, .boxes = {}},
                  draw(frames, use),
                  config_.data.official_border,
                  static_cast<int>(n),
                  {.identity_frames = frames.count() > 1 ? sample.identity_frames.data_ptr<float>() : nullptr,
                   .pose_frame = sample.pose_frame.data_ptr<float>(),
                   .target = sample.target.data_ptr<float>(),
                   .target_mask = sample.target_mask.data_ptr<float>()});
  return to_sample(sample);
}

std::vector<Player> LatentPoseRecipe::players() {
  std::vector<Player> players;
  players.push_back(
      {.name = "generator",
       .parameters = {},
       .adam = run_.optimizer.adam,
       .learning_rate = [config = run_.optimizer](Iteration it) { return learning_rate_at(config, it); }});
  append_parameters(*networks_.generator, "generator.", players.back().parameters);
  if (config_.stage == LatentPoseStage::kMeta)
    append_parameters(*networks_.embedder, "embedder.", players.back().parameters);
  players.push_back({.name = "discriminator",
                     .parameters = {},
                     .adam = run_.optimizer.adam,
                     .learning_rate = [rate = config_.discriminator_learning_rate](Iteration) { return rate; }});
  append_parameters(*networks_.discriminator, "discriminator.", players.back().parameters);
  return players;
}

void LatentPoseRecipe::begin_iteration(Iteration) {
  networks_.generator->iterate_power();
  networks_.discriminator->iterate_power();
}

std::vector<Objective> LatentPoseRecipe::objectives(const MicroBatch& batch, const CoupledGroup&) {
  const auto pass = std::make_shared<LatentPosePass>();
  return {{.player = 0,
           .compute = [this, &batch, pass]() -> Objective::Result {
             const LatentPoseBatch tensors = latent_pose_batch(batch.tensors);
             *pass = step_.forward(tensors);
             LatentPoseGeneratorLoss loss = step_.generator_loss(tensors, *pass);
             Objective::Result result{.loss = std::move(loss.total), .terms = std::move(loss.terms)};
             for (BatchStatistics& layer : pass->statistics) {
               result.statistics.push_back(std::move(layer.mean));
               result.statistics.push_back(std::move(layer.variance));
             }
             LatentPosePass kept;  // the graph lives in the loss alone
             kept.picture.fake_rgbs = pass->picture.fake_rgbs.detach();
             *pass = std::move(kept);
             return result;
           }},
          {.player = 1, .compute = [this, &batch, pass]() -> Objective::Result {
             LatentPoseDiscriminatorLoss loss = step_.discriminator_loss(latent_pose_batch(batch.tensors), *pass);
             const double value = loss.total.item<double>();
             return {.loss = std::move(loss.total), .terms = {{"adversarial_D", value}}};
           }}};
}

void LatentPoseRecipe::apply_statistics(std::span<const at::Tensor> means) {
  std::vector<BatchStatistics> statistics;
  for (std::size_t i = 0; i + 1 < means.size(); i += 2) statistics.push_back({means[i], means[i + 1]});
  if (config_.stage == LatentPoseStage::kMeta) {
    networks_.embedder->update_running_statistics(statistics);
  } else {
    update_running_statistics(networks_.embedder->pose_encoder(), statistics);
  }
}

void LatentPoseRecipe::after_step(Iteration) {
  embedder_average_.update();
  generator_average_.update();
}

void LatentPoseRecipe::weights_taken(const TransferReport& report) {
  if (report.lacks("average.embedder")) embedder_average_.restart();
  if (report.lacks("average.generator")) generator_average_.restart();
}

std::vector<std::string> LatentPoseRecipe::validation_metrics() const {
  return {"psnr", "mse", "l1", "mask_l1"};
}

std::vector<std::vector<double>> LatentPoseRecipe::validate(const MicroBatch& batch) {
  const at::NoGradGuard no_grad;
  const LatentPoseBatch tensors = latent_pose_batch(batch.tensors);
  const LatentPosePicture shown = step_.shown(tensors);
  const at::Tensor picture = shown.fake_rgbs.clamp(0, 1);
  const auto mean_rows = [](const at::Tensor& a) { return a.flatten(1).to(at::kDouble).mean(1).to(at::kCPU); };
  const at::Tensor squares = mean_rows((picture - tensors.target).square());
  const at::Tensor distances = mean_rows((picture - tensors.target).abs());
  const at::Tensor masks = mean_rows((shown.fake_segm - tensors.target_mask).abs());
  std::vector<std::vector<double>> rows;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    const double error = squares[i].item<double>();
    rows.push_back({-10.0 * std::log10(error), error, distances[i].item<double>(), masks[i].item<double>()});
  }
  return rows;
}

std::vector<std::pair<std::string, at::Tensor>> LatentPoseRecipe::batch_tensors(const MicroBatch& batch) const {
  const LatentPoseBatch b = latent_pose_batch(batch.tensors);
  return {{"identity_frames", b.identity_frames},
          {"pose_frame", b.pose_frame},
          {"target", b.target},
          {"target_mask", b.target_mask},
          {"label", b.label},
          {"pose_dropout", b.pose_dropout}};
}

std::vector<Picture> LatentPoseRecipe::input_pictures(const MicroBatch& batch) const {
  const LatentPoseBatch tensors = latent_pose_batch(batch.tensors);
  std::vector<Picture> row;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    for (std::int64_t k = 0; k < tensors.identity_frames.size(1); ++k)
      row.push_back(picture_of(tensors.identity_frames[i][k]));
    row.push_back(picture_of(tensors.pose_frame[i]));
    row.push_back(picture_of(tensors.target[i]));
  }
  return row;
}

std::vector<Picture> LatentPoseRecipe::sample_pictures(const MicroBatch& batch) {
  const LatentPoseBatch tensors = latent_pose_batch(batch.tensors);
  const LatentPosePicture shown = step_.shown(tensors);
  std::vector<Picture> row;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    if (tensors.identity_frames.size(1) > 0) row.push_back(picture_of(tensors.identity_frames[i][0]));
    row.push_back(picture_of(tensors.pose_frame[i]));
    row.push_back(picture_of(tensors.target[i]));
    row.push_back(picture_of(shown.fake_rgbs[i]));
    row.push_back(picture_of(shown.fake_segm[i].expand({3, -1, -1})));
  }
  return row;
}

std::vector<std::pair<std::string, at::Tensor>> LatentPoseRecipe::state() {
  return latent_pose_state(networks_);
}

std::unique_ptr<Recipe> make_latent_pose_recipe(const LatentPoseRecipeConfig& config, const RunConfig& run) {
  const auto seed = static_cast<std::uint64_t>(run.seed);
  return std::make_unique<LatentPoseRecipe>(
      config, run, make_latent_pose_networks(config, seed), make_latent_pose_perceptual(config, seed));
}

std::unique_ptr<Recipe> LatentPoseRecipeConfig::make_recipe(const RunConfig& run) const {
  return make_latent_pose_recipe(*this, run);
}

}  // namespace understudy
