#include "trainer/recipes/fsrt/fsrt_recipe.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "checkpoints/weights_file.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/philox.h"
#include "data_pipeline/excluded_samples.h"
#include "data_pipeline/fsrt_sample.h"
#include "models/blocks/initialization.h"
#include "trainer/learning_rate.h"
#include "trainer/pictures.h"
#include "trainer/recipes/draw_report.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

std::vector<std::pair<std::string, at::Tensor>> prefixed(const torch::nn::Module& network, const std::string& prefix) {
  NamedTensors tensors = state_of(network);
  for (auto& [name, tensor] : tensors) name = prefix + name;
  return tensors;
}

std::vector<std::pair<std::string, at::Tensor>> named_parameters(const torch::nn::Module& network) {
  std::vector<std::pair<std::string, at::Tensor>> parameters;
  for (const auto& item : network.named_parameters()) parameters.emplace_back(item.key(), item.value());
  return parameters;
}

FsrtMode mode_of(const FsrtPhaseConfig& phases, const SampleUse& use) {
  if (!use.training) return FsrtMode::kValidation;
  return use.iteration < phases.phase2_start() ? FsrtMode::kPhase1 : FsrtMode::kWholePicture;
}

}  // namespace

FsrtNetworks make_fsrt_networks(const FsrtRecipeConfig& config, std::uint64_t seed, bool with_discriminator) {
  FsrtNetworks networks = make_fsrt_networks(config.model, seed, with_discriminator);
  if (config.precision == Precision::kFloat64) convert_precision(networks, at::kDouble);
  return networks;
}

std::shared_ptr<Vgg19> make_perceptual_network(const FsrtRecipeConfig& config, std::uint64_t seed) {
  auto vgg = std::make_shared<Vgg19>();
  if (config.perceptual_weights_file == "random") {
    spdlog::warn(
        "perceptual.weights = \"random\": the perceptual loss uses VGG-19 with random weights; meant for demos and "
        "tests");
    initialize(*vgg, seed, "vgg19");
  } else if (config.perceptual_weights_file.empty()) {
    throw ConfigError("perceptual.weights: names no file; give torchvision's VGG-19 weights, or \"random\" for a demo");
  } else {
    load_state(
        *vgg, official_vgg19_names(load_weights(config.perceptual_weights_file)), config.perceptual_weights_file);
  }
  set_trainable(*vgg, false);
  if (config.precision == Precision::kFloat64) convert_precision(*vgg, at::kDouble);
  return vgg;
}

void load_detector(KeypointDetector& detector, const std::string& path) {
  const NamedTensors found = keypoint_detector_weights(load_weights(path));
  if (find_tensor(found, "kp.weight") == nullptr) {
    throw CheckpointError(
        fmt::format("{}: no keypoint detector in it; expected the tensors of kp_detector.pt, a FOMM checkpoint or a "
                    "checkpoint of recipe keypoints",
                    path));
  }
  load_state(detector, found, path);
}

void load_detector(KeypointDetector& detector, const FsrtRecipeConfig& config) {
  if (config.detector_weights.empty()) {
    throw ConfigError(
        "detector.weights: names no file; give kp_detector.pt of the published system, or train a detector with recipe "
        "keypoints");
  }
  load_detector(detector, config.detector_weights);
}

FsrtRecipe::FsrtRecipe(const FsrtRecipeConfig& config,
                       const RunConfig& run,
                       FsrtNetworks networks,
                       std::shared_ptr<Vgg19> vgg)
    : config_(config),
      run_(run),
      networks_(std::move(networks)),
      vgg_(std::move(vgg)),
      step_(config_, run_.batch, networks_, vgg_) {}

EpisodeSpec FsrtRecipe::episode() const {
  return {.sources = config_.model.sources,
          .distinct_frames = config_.distinct_frames,
          .needs_landmarks = true,
          .needs_masks = false};
}

void FsrtRecipe::move_to(at::Device device) {
  settle_float32_products(config_.precision, device);
  understudy::move_to(networks_, device);
  if (vgg_) vgg_->to(device);
}

FsrtDraws FsrtRecipe::draw(const EpisodeFrames& frames, const SampleUse& use) const {
  std::vector<Landmarks68> landmarks;
  for (std::size_t i = 0; i < frames.count(); ++i) landmarks.push_back(frames.landmarks(i));
  return draw_augmentation(static_cast<std::uint64_t>(run_.seed),
                           frames.episode().sample,
                           config_.data,
                           mode_of(config_.phases, use),
                           {.landmarks = landmarks,
                            .landmark_reference_size = frames.landmark_reference_size(),
                            .native = frames.frame_size(),
                            .picture_size = config_.model.image_size});
}

/// One coin a statistics group, whatever stands in for its samples.
bool FsrtRecipe::plain_expression_from_a2(std::uint64_t sample) const {
  return Draws(static_cast<std::uint64_t>(run_.seed),
               Purpose::kPlainExpressionSource,
               place_of_sample(sample) / static_cast<std::uint64_t>(run_.batch.statistics_group))
      .coin(0.5);
}

nlohmann::ordered_json FsrtRecipe::describe_draws(const EpisodeFrames& frames, const SampleUse& use) const {
  nlohmann::ordered_json json = describe_fsrt_draws(draw(frames, use));
  json["plain_expression_from_a2"] = plain_expression_from_a2(frames.episode().sample);
  return json;
}

Sample FsrtRecipe::prepare(const EpisodeFrames& frames, const SampleUse& use) const {
  thread_local std::vector<Picture> decoded;  // memory that a thread keeps between samples
  decoded.resize(frames.count());
  for (std::size_t i = 0; i < frames.count(); ++i) frames.decode(i, decoded[i]);
  const std::int64_t n = config_.model.image_size;
  const FsrtDraws draws = draw(frames, use);
  FsrtBatch sample;
  const auto pictures = [n](std::int64_t count, at::Tensor& tensor) {
    tensor = count == 0 ? at::empty({3, n, n}, at::kFloat) : at::empty({count, 3, n, n}, at::kFloat);
    return tensor.data_ptr<float>();
  };
  const std::int64_t sources = config_.model.sources;
  FsrtPictures out{.source_a1 = pictures(sources, sample.source_a1),
                   .source_a2 = pictures(sources, sample.source_a2),
                   .driving_a1 = pictures(0, sample.driving_a1),
                   .driving_a2 = pictures(0, sample.driving_a2),
                   .driving_face_a3 = pictures(0, sample.driving_face_a3)};
  if (config_.data.out_of_frame_motion) {
    out.source_full_a2 = pictures(sources, sample.source_full_a2);
    out.driving_full_a2 = pictures(0, sample.driving_full_a2);
  } else {
    sample.source_full_a2 = at::empty({0}, at::kFloat);
    sample.driving_full_a2 = at::empty({0}, at::kFloat);
  }
  const CropTransform crop = render_pictures(decoded, draws, n, out);
  sample.crop_scale = torch::tensor(at::ArrayRef<float>(crop.scale));
  sample.crop_shift = torch::tensor(at::ArrayRef<float>(crop.shift));
  sample.query_pixels = torch::tensor(at::ArrayRef<std::int64_t>(draws.query_pixels), torch::kLong);
  sample.plain_from_a2 = torch::tensor(plain_expression_from_a2(frames.episode().sample) ? 1 : 0, torch::kByte);
  sample.use_plain_expression = torch::tensor(draws.use_plain_expression ? 1 : 0, torch::kByte);
  return to_sample(sample);
}

std::vector<Player> FsrtRecipe::players() {
  const auto rate = [config = run_.optimizer](Iteration iteration) { return learning_rate_at(config, iteration); };
  std::vector<Player> players;
  players.push_back({.name = "generator",
                     .parameters = named_parameters(*networks_.model),
                     .adam = run_.optimizer.adam,
                     .learning_rate = rate});
  if (networks_.discriminator) {
    players.push_back({.name = "discriminator",
                       .parameters = named_parameters(*networks_.discriminator),
                       .adam = run_.optimizer.adam,
                       .learning_rate = rate,
                       .active = [phases = config_.phases](Iteration iteration) {
                         return FsrtPhase::at(phases, iteration).discriminator;
                       }});
  }
  return players;
}

std::string FsrtRecipe::phase(Iteration iteration) const {
  if (iteration < config_.phases.phase2_start()) return "I";
  return iteration < config_.phases.phase3_start() || !config_.phases.use_discriminator ? "II" : "III";
}

void FsrtRecipe::begin_iteration(Iteration iteration) {
  if (networks_.discriminator && FsrtPhase::at(config_.phases, iteration).discriminator)
    networks_.discriminator->iterate_power();
}

at::Tensor FsrtRecipe::coupled_values(const MicroBatch& batch) {
  if (!config_.losses.statistical_regularization) return {};
  return step_.extract(from_sample(batch.tensors)).expressions.rows();
}

std::vector<Objective> FsrtRecipe::objectives(const MicroBatch& batch, const CoupledGroup& group) {
  const FsrtPhase phase = FsrtPhase::at(config_.phases, batch.iteration);
  const auto pass = std::make_shared<FsrtPass>();
  std::vector<Objective> objectives;
  objectives.push_back({.player = 0, .compute = [this, &batch, group, phase, pass]() -> Objective::Result {
                          const FsrtBatch tensors = from_sample(batch.tensors);
                          *pass = step_.extract(tensors);
                          step_.predict(tensors, phase, *pass);
                          FsrtGeneratorLoss loss = step_.generator_loss(*pass, phase, group);
                          pass->prediction = pass->prediction.detach();  // the graph lives in the loss alone
                          pass->tokens = at::Tensor();
                          pass->expressions = {};
                          return {.loss = std::move(loss.total), .terms = std::move(loss.terms)};
                        }});
  if (phase.discriminator) {
    objectives.push_back({.player = 1, .compute = [this, pass]() -> Objective::Result {
                            FsrtDiscriminatorLoss loss = step_.discriminator_loss(*pass);
                            const double value = loss.total.item<double>();
                            return {.loss = std::move(loss.total), .terms = {{"discriminator", value}}};
                          }});
  }
  return objectives;
}

std::vector<std::string> FsrtRecipe::validation_metrics() const {
  return {"psnr", "mse", "l1"};
}

std::vector<std::vector<double>> FsrtRecipe::validate(const MicroBatch& batch) {
  const FsrtBatch tensors = from_sample(batch.tensors);
  FsrtPass pass = step_.extract(tensors);
  step_.predict(tensors, {.whole_picture = true}, pass);
  const at::Tensor errors = (config_.losses.pixel_weight * step_.pixel_errors(pass)).to(at::kCPU, at::kDouble);
  const at::Tensor distances = (pass.prediction - pass.target).abs().flatten(1).to(at::kDouble).mean(1).to(at::kCPU);
  std::vector<std::vector<double>> rows;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    const double error = errors[i].item<double>();
    rows.push_back({-10.0 * std::log10(error), error, distances[i].item<double>()});
  }
  return rows;
}

std::vector<std::pair<std::string, at::Tensor>> FsrtRecipe::batch_tensors(const MicroBatch& batch) const {
  const FsrtBatch b = from_sample(batch.tensors);
  return {{"source_a1", b.source_a1},
          {"source_a2", b.source_a2},
          {"source_full_a2", b.source_full_a2},
          {"driving_a1", b.driving_a1},
          {"driving_a2", b.driving_a2},
          {"driving_full_a2", b.driving_full_a2},
          {"driving_face_a3", b.driving_face_a3},
          {"crop_scale", b.crop_scale},
          {"crop_shift", b.crop_shift},
          {"query_pixels", b.query_pixels},
          {"plain_from_a2", b.plain_from_a2},
          {"use_plain_expression", b.use_plain_expression}};
}

std::vector<Picture> FsrtRecipe::input_pictures(const MicroBatch& batch) const {
  const FsrtBatch tensors = from_sample(batch.tensors);
  std::vector<Picture> row;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    for (std::int64_t s = 0; s < tensors.sources(); ++s) row.push_back(picture_of(tensors.source_a1[i][s]));
    row.push_back(picture_of(tensors.driving_a1[i]));
    row.push_back(picture_of(tensors.driving_face_a3[i]));
  }
  return row;
}

std::vector<Picture> FsrtRecipe::sample_pictures(const MicroBatch& batch) {
  const at::NoGradGuard no_grad;
  const FsrtBatch tensors = from_sample(batch.tensors);
  FsrtPass pass = step_.extract(tensors);
  step_.predict(tensors, {.whole_picture = true}, pass);
  std::vector<Picture> row;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    for (std::int64_t s = 0; s < tensors.sources(); ++s) row.push_back(picture_of(tensors.source_a1[i][s]));
    row.push_back(picture_of(pass.target[i]));
    row.push_back(picture_of(pass.prediction[i]));
  }
  return row;
}

std::vector<std::pair<std::string, at::Tensor>> FsrtRecipe::state() {
  std::vector<std::pair<std::string, at::Tensor>> tensors = prefixed(*networks_.model, "");
  const auto append = [&](const std::vector<std::pair<std::string, at::Tensor>>& more) {
    tensors.insert(tensors.end(), more.begin(), more.end());
  };
  append(prefixed(*networks_.detector, "kp_detector."));
  if (networks_.discriminator) append(prefixed(*networks_.discriminator, "discriminator."));
  return tensors;
}

std::unique_ptr<Recipe> make_fsrt_recipe(const FsrtRecipeConfig& config, const RunConfig& run) {
  const auto seed = static_cast<std::uint64_t>(run.seed);
  FsrtNetworks networks = make_fsrt_networks(config, seed, config.phases.use_discriminator);
  load_detector(*networks.detector, config);
  set_trainable(*networks.detector, false);
  return std::make_unique<FsrtRecipe>(config, run, std::move(networks), make_perceptual_network(config, seed));
}

}  // namespace understudy
