#include "trainer/recipes/keypoints/keypoints_recipe.h"

#include <cmath>

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "common/philox.h"
#include "data_pipeline/bilinear.h"
#include "data_pipeline/colour_jitter.h"
#include "losses/equivariance.h"
#include "models/blocks/initialization.h"
#include "models/blocks/state.h"
#include "trainer/learning_rate.h"
#include "trainer/pictures.h"
#include "trainer/precision.h"
#include "trainer/recipes/draw_report.h"

namespace understudy {
namespace {

// Order of a sample's tensors.
enum SampleTensor : std::size_t { kPicture, kPoints, kTransform };

/// A small cross at each point, to look at.
void mark(Picture& picture, double x, double y, const std::array<std::uint8_t, 3>& colour) {
  for (int d = -2; d <= 2; ++d) {
    for (const auto& [px, py] : {std::pair{d, 0}, std::pair{0, d}}) {
      const int column = static_cast<int>(std::lround(x)) + px;
      const int row = static_cast<int>(std::lround(y)) + py;
      if (column < 0 || row < 0 || column >= picture.width || row >= picture.height) continue;
      std::copy(colour.begin(), colour.end(), picture.pixel(column, row));
    }
  }
}

}  // namespace

KeypointsRecipe::KeypointsRecipe(const KeypointsRecipeConfig& config, const RunConfig& run)
    : config_(config),
      run_(run),
      coordinates_(config.model),
      detector_(std::make_shared<KeypointDetector>(config.model)) {
  initialize(*detector_, static_cast<std::uint64_t>(run.seed), "kp_detector");
}

EpisodeSpec KeypointsRecipe::episode() const {
  return {.sources = 0, .distinct_frames = false, .needs_landmarks = true, .needs_masks = false};
}

void KeypointsRecipe::move_to(at::Device device) {
  settle_float32_products(Precision::kFloat32, device);
  detector_->to(device);
}

ColourJitter KeypointsRecipe::draw_jitter(std::uint64_t sample) const {
  Draws draws(static_cast<std::uint64_t>(run_.seed), Purpose::kColour, sample);
  return draw_colour_jitter(config_.data, draws);
}

at::Tensor KeypointsRecipe::draw_transform(std::uint64_t sample) const {
  Draws draws(static_cast<std::uint64_t>(run_.seed), Purpose::kEquivarianceTransform, sample);
  return random_affine(draws, config_.transform_deviation).to(at::kFloat);
}

nlohmann::ordered_json KeypointsRecipe::describe_draws(const EpisodeFrames& frames, const SampleUse& use) const {
  const std::uint64_t sample = frames.episode().sample;
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (use.training) json["jitter"] = describe_jitter(draw_jitter(sample));
  const at::Tensor transform = draw_transform(sample).flatten().contiguous();
  json["transform"] = std::vector<float>(transform.data_ptr<float>(), transform.data_ptr<float>() + transform.numel());
  return json;
}

Sample KeypointsRecipe::prepare(const EpisodeFrames& frames, const SampleUse& use) const {
  const std::uint64_t sample = frames.episode().sample;
  const std::size_t driving = frames.count() - 1;
  PlanarPicture picture;
  PlanarPicture jittered;
  to_planar(frames.decode(driving), false, picture);
  if (use.training) apply_colour_jitter(draw_jitter(sample), picture, picture.frame(), jittered);
  const auto n = config_.model.image_size;
  at::Tensor planes = at::empty({3, n, n}, at::kFloat);
  resize_bilinear(use.training ? jittered : picture, picture.frame(), static_cast<int>(n), planes.data_ptr<float>());

  const std::array<float, 20> points = ten_points(frames.landmarks(driving));
  const double to_pixels = static_cast<double>(n) / static_cast<double>(frames.landmark_reference_size());
  at::Tensor targets = at::empty({10, 2}, at::kFloat);
  for (std::int64_t i = 0; i < 20; ++i) {
    const double pixel = (static_cast<double>(points[static_cast<std::size_t>(i)]) + 0.5) * to_pixels - 0.5;
    targets.data_ptr<float>()[i] = static_cast<float>(coordinates_.from_pixel(pixel));
  }
  return {planes, targets, draw_transform(sample)};
}

std::vector<Player> KeypointsRecipe::players() {
  Player player{
      .name = "detector",
      .parameters = {},
      .adam = run_.optimizer.adam,
      .learning_rate = [config = run_.optimizer](Iteration iteration) { return learning_rate_at(config, iteration); }};
  for (const auto& item : detector_->named_parameters()) player.parameters.emplace_back(item.key(), item.value());
  return {player};
}

std::vector<Objective> KeypointsRecipe::objectives(const MicroBatch& batch, const CoupledGroup&) {
  return {{.player = 0, .compute = [this, &batch] { return compute(batch); }}};
}

Objective::Result KeypointsRecipe::compute(const MicroBatch& batch) {
  const at::Tensor& pictures = batch.tensors[kPicture];
  const at::Tensor& transforms = batch.tensors[kTransform];
  std::vector<BatchStatistics> statistics;
  const Detection found =
      detector_->forward_training(at::cat({pictures, warp_pictures(pictures, transforms)}), statistics);
  const auto keypoints = found.keypoints.chunk(2);
  const at::Tensor landmarks =
      config_.landmark_weight * keypoint_regression_loss(keypoints[0], batch.tensors[kPoints], 0.0);
  const at::Tensor equivariance =
      config_.equivariance_weight *
      equivariance_loss(coordinates_.to_span(keypoints[0]), coordinates_.to_span(keypoints[1]), transforms);
  Objective::Result result{.loss = landmarks + equivariance, .terms = {}};
  result.terms = {{"total", result.loss.item<double>()},
                  {"landmarks", landmarks.item<double>()},
                  {"equivariance", equivariance.item<double>()}};
  for (BatchStatistics& layer : statistics) {
    result.statistics.push_back(std::move(layer.mean));
    result.statistics.push_back(std::move(layer.variance));
  }
  return result;
}

void KeypointsRecipe::apply_statistics(std::span<const at::Tensor> means) {
  std::vector<BatchStatistics> statistics;
  for (std::size_t i = 0; i + 1 < means.size(); i += 2) statistics.push_back({means[i], means[i + 1]});
  detector_->update_running_statistics(statistics);
}

std::vector<std::string> KeypointsRecipe::validation_metrics() const {
  return {"point_error"};
}

std::vector<std::vector<double>> KeypointsRecipe::validate(const MicroBatch& batch) {
  // Mean distance in detector units, half-widths of the heatmap's span.
  const at::Tensor keypoints = detector_->detect(batch.tensors[kPicture]).keypoints;
  const at::Tensor distance = (keypoints - batch.tensors[kPoints]).to(at::kDouble).norm(2, -1).mean(1).to(at::kCPU);
  std::vector<std::vector<double>> rows;
  for (std::int64_t i = 0; i < batch.size(); ++i) rows.push_back({distance[i].item<double>()});
  return rows;
}

std::vector<std::pair<std::string, at::Tensor>> KeypointsRecipe::batch_tensors(const MicroBatch& batch) const {
  return {{"pictures", batch.tensors[kPicture]},
          {"points", batch.tensors[kPoints]},
          {"transforms", batch.tensors[kTransform]}};
}

void KeypointsRecipe::mark_points(Picture& picture,
                                  const at::Tensor& points,
                                  const std::array<std::uint8_t, 3>& colour) const {
  for (std::int64_t k = 0; k < points.size(0); ++k) {
    const auto place = [&](std::int64_t axis) { return coordinates_.to_pixel(points[k][axis].item<double>()); };
    mark(picture, place(0), place(1), colour);
  }
}

std::vector<Picture> KeypointsRecipe::input_pictures(const MicroBatch& batch) const {
  std::vector<Picture> pictures;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    pictures.push_back(picture_of(batch.tensors[kPicture][i]));
    mark_points(pictures.back(), batch.tensors[kPoints][i].to(at::kCPU), {255, 255, 255});
  }
  return pictures;
}

std::vector<Picture> KeypointsRecipe::sample_pictures(const MicroBatch& batch) {
  const at::NoGradGuard no_grad;
  const at::Tensor keypoints = detector_->detect(batch.tensors[kPicture]).keypoints.to(at::kCPU);
  std::vector<Picture> pictures = input_pictures(batch);
  for (std::int64_t i = 0; i < batch.size(); ++i)
    mark_points(pictures[static_cast<std::size_t>(i)], keypoints[i], {255, 0, 0});
  return pictures;
}

std::vector<std::pair<std::string, at::Tensor>> KeypointsRecipe::state() {
  NamedTensors tensors = state_of(*detector_);
  for (auto& [name, tensor] : tensors) name = "kp_detector." + name;
  return tensors;
}

std::unique_ptr<Recipe> make_keypoints_recipe(const KeypointsRecipeConfig& config, const RunConfig& run) {
  return std::make_unique<KeypointsRecipe>(config, run);
}

}  // namespace understudy
