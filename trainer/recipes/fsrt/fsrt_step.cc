#include "trainer/recipes/fsrt/fsrt_step.h"

#include <algorithm>

#include <torch/torch.h>

#include "losses/adversarial.h"
#include "losses/perceptual.h"
#include "losses/pixel.h"
#include "losses/regularization.h"
#include "models/blocks/coordinate_grid.h"

namespace understudy {
namespace {

bool any_positive(const std::vector<double>& weights) {
  return std::any_of(weights.begin(), weights.end(), [](double w) { return w > 0; });
}

at::ScalarType precision_of(const FsrtNetworks& networks) {
  return networks.model->parameters().front().scalar_type();
}

/// The pixels of an n x n picture that are not in `pixels` [b, p], ascending: [b, n n - p].
at::Tensor remaining_pixels(const at::Tensor& pixels, std::int64_t size) {
  const std::int64_t all = size * size;
  at::Tensor free = torch::ones({pixels.size(0), all}, pixels.options().dtype(torch::kBool));
  free.scatter_(1, pixels, false);
  return free.nonzero().select(1, 1).reshape({pixels.size(0), all - pixels.size(1)});
}

/// The same value, with `factor` times the gradient.
at::Tensor scale_gradient(const at::Tensor& value, double factor) {
  return factor == 1.0 ? value : value.detach() + factor * (value - value.detach());
}

/// The detector over `pictures` in equal parts, one after the other. How many pictures a convolution sees at once shows
/// in the last digits.
Detection detect_in_sets(const KeypointDetector& detector, const at::Tensor& pictures, std::int64_t sets) {
  std::vector<at::Tensor> keypoints;
  std::vector<at::Tensor> features;
  std::vector<at::Tensor> heatmaps;
  for (const at::Tensor& set : pictures.chunk(sets)) {
    const Detection found = detector.detect(set);
    keypoints.push_back(found.keypoints);
    features.push_back(found.features);
    heatmaps.push_back(found.heatmaps);
  }
  return {at::cat(keypoints), at::cat(features), at::cat(heatmaps)};
}

at::Tensor express_in_sets(const ExpressionNetwork& network,
                           const at::Tensor& features,
                           const at::Tensor& heatmaps,
                           std::int64_t sets) {
  const auto features_of = features.chunk(sets);
  const auto heatmaps_of = heatmaps.chunk(sets);
  std::vector<at::Tensor> expressions;
  for (std::size_t i = 0; i < features_of.size(); ++i) {
    expressions.push_back(network.forward(features_of[i], heatmaps_of[i]));
  }
  return at::cat(expressions);
}

double value_of(const at::Tensor& scalar) {
  return scalar.detach().item<double>();
}

}  // namespace

FsrtPhase FsrtPhase::at(const FsrtPhaseConfig& config, Iteration iteration) {
  FsrtPhase phase;
  phase.whole_picture = iteration >= config.phase2_start();
  phase.perceptual = phase.whole_picture;
  phase.discriminator = config.use_discriminator && iteration >= config.phase3_start();
  phase.adversarial = phase.discriminator && iteration >= config.phase3_start() + config.discriminator_warmup;
  return phase;
}

at::Tensor FsrtExpressions::rows() const {
  return at::cat({source_a1, driving_plain.unsqueeze(1), source_a2, driving_face_a3.unsqueeze(1)}, 1);
}

FsrtStep::FsrtStep(const FsrtRecipeConfig& config,
                   const BatchLayout& layout,
                   FsrtNetworks networks,
                   std::shared_ptr<Vgg19> vgg)
    : config_(config), layout_(layout), networks_(std::move(networks)), vgg_(std::move(vgg)) {}

FsrtPass FsrtStep::extract(const FsrtBatch& batch) const {
  const std::int64_t b = batch.samples();
  const std::int64_t s = batch.sources();
  const at::Tensor from_a2 = batch.plain_from_a2.to(torch::kBool).reshape({b, 1, 1, 1});
  const at::Tensor driving_star = at::where(from_a2, batch.driving_a2, batch.driving_a1);
  std::vector<at::Tensor> pictures = {
      batch.source_a2.flatten(0, 1), driving_star, batch.source_a1.flatten(0, 1), batch.driving_face_a3};
  const std::int64_t expressive = 2 * b * (s + 1);
  if (config_.data.out_of_frame_motion) {
    pictures.push_back(batch.source_full_a2.flatten(0, 1));
    pictures.push_back(batch.driving_full_a2);
  }
  const std::int64_t sets = config_.model.plain_arithmetic ? static_cast<std::int64_t>(pictures.size()) / 2 : 1;
  const Detection found = detect_in_sets(*networks_.detector, at::cat(pictures).to(precision_of(networks_)), sets);
  const at::Tensor vectors = express_in_sets(networks_.model->expression_encoder(),
                                             found.features.narrow(0, 0, expressive),
                                             found.heatmaps.narrow(0, 0, expressive),
                                             std::min<std::int64_t>(sets, 2));
  const auto parts = vectors.split_with_sizes({b * s, b, b * s, b});
  FsrtPass pass;
  pass.expressions.source_a2 = parts[0].reshape({b, s, -1});
  pass.expressions.driving_plain = parts[1];
  pass.expressions.source_a1 = parts[2].reshape({b, s, -1});
  pass.expressions.driving_face_a3 = parts[3];
  pass.expressions.selected = at::where(batch.use_plain_expression.to(torch::kBool).unsqueeze(1), parts[1], parts[3]);

  const std::int64_t first = config_.data.out_of_frame_motion ? expressive : 0;
  at::Tensor source = found.keypoints.narrow(0, first, b * s).unflatten(0, {b, s});
  at::Tensor driving = found.keypoints.narrow(0, first + b * s, b);
  if (config_.data.out_of_frame_motion) {
    const at::Tensor shift = batch.crop_shift.to(source.scalar_type());
    const at::Tensor scale = batch.crop_scale.to(source.scalar_type());
    source = (source + shift.reshape({b, 1, 1, 2})) * scale.reshape({b, 1, 1, 2});
    driving = (driving + shift.reshape({b, 1, 2})) * scale.reshape({b, 1, 2});
  }
  pass.source_keypoints = source;
  pass.driving_keypoints = driving;
  return pass;
}

void FsrtStep::predict(const FsrtBatch& batch, const FsrtPhase& phase, FsrtPass& pass) const {
  FsrtModel& model = *networks_.model;
  const std::int64_t size = batch.picture_size();
  const at::ScalarType precision = precision_of(networks_);
  const at::Tensor target = batch.driving_a1.to(precision);
  TokenMemory memory;
  {
    const ProductsScope scope = products();
    pass.tokens =
        model.encoder().forward(batch.source_a1.to(precision), pass.source_keypoints, pass.expressions.source_a2);
    memory = model.decoder().prepare_tokens(pass.tokens);
  }
  if (!at::GradMode::is_enabled()) {
    const ProductsScope scope = products();
    pass.prediction =
        model.decoder().decode_all_pixels_no_grad(memory, pass.driving_keypoints, pass.expressions.selected, size);
    pass.target = target;
    return;
  }
  const at::Tensor& queries = batch.query_pixels;
  at::Tensor rest;
  at::Tensor rest_colours;
  if (phase.whole_picture) {
    const ProductsScope scope = products();  // not that of the queries with gradient
    rest = remaining_pixels(queries, size);
    rest_colours = model.decoder().decode_no_grad(
        memory.detached(), pixel_coordinates(rest, size), pass.driving_keypoints, pass.expressions.selected.detach());
  }
  at::Tensor sampled;
  {
    const ProductsScope scope = products();
    sampled = model.decoder().forward(
        memory, pixel_coordinates(queries, size), pass.driving_keypoints, pass.expressions.selected);
  }
  sampled = sampled.to(precision);
  if (!phase.whole_picture) {
    pass.prediction = sampled;
    pass.target = gather_pixels(target, queries);
    return;
  }
  pass.prediction = scatter_pixels(sampled, queries, rest_colours, rest, size);
  pass.target = target;
}

ProductsScope FsrtStep::products() const {
  const at::Tensor weight = networks_.model->parameters().front();
  return ProductsScope(weight.device().type(),
                       config_.precision == Precision::kBfloat16 ? Products::kBfloat16 : Products::kAsGiven);
}

std::vector<at::Tensor> FsrtStep::perceptual_features(const at::Tensor& pictures) const {
  std::vector<at::Tensor> taps;
  {
    const ProductsScope scope = products();
    taps = vgg_->forward(pictures);
  }
  for (at::Tensor& tap : taps) tap = tap.to(pictures.scalar_type());
  return taps;
}

std::vector<Judgement> FsrtStep::judge(const at::Tensor& pictures, const at::Tensor& keypoints) const {
  const std::vector<at::Tensor> pyramid = networks_.pyramid->forward(pictures);
  std::vector<Judgement> judgements;
  {
    const ProductsScope scope = products();
    judgements = networks_.discriminator->forward(pyramid, keypoints);
  }
  for (Judgement& judgement : judgements) {
    for (at::Tensor& features : judgement.features) features = features.to(pictures.scalar_type());
    judgement.map = judgement.map.to(pictures.scalar_type());
  }
  return judgements;
}

at::Tensor FsrtStep::pixel_errors(const FsrtPass& pass) const {
  return pixel_mse(pass.prediction, pass.target);
}

at::Tensor FsrtStep::perceptual_error(const FsrtPass& pass) const {
  std::vector<at::Tensor> target_features;
  {
    const at::NoGradGuard no_grad;
    target_features = perceptual_features(pass.target);
  }
  return perceptual_loss(perceptual_features(pass.prediction), target_features, config_.losses.perceptual_weights);
}

at::Tensor FsrtStep::regularization(const FsrtPass& pass, const CoupledGroup& group, std::vector<Term>& terms) const {
  const FsrtLossConfig& weights = config_.losses;
  const FsrtExpressions& e = pass.expressions;
  const at::Tensor invariance = invariance_loss(e.source_a1, e.source_a2, e.driving_plain, e.driving_face_a3);
  at::Tensor total = weights.invariance_weight * invariance;
  terms.emplace_back("invariance", value_of(invariance));
  if (!weights.statistical_regularization) {
    terms.insert(terms.end(), {{"variance", 0.0}, {"covariance", 0.0}, {"regularisation", value_of(total)}});
    return {};
  }
  at::Tensor set1 = stack_expressions(e.source_a1, e.driving_plain);
  at::Tensor set2 = stack_expressions(e.source_a2, e.driving_face_a3);
  if (group.values.defined()) {
    const auto halves = group.values.chunk(2, 1);
    const std::int64_t first_row = group.first_row * halves[0].size(1);
    set1 = with_own_rows(halves[0].flatten(0, 1), set1, first_row);
    set2 = with_own_rows(halves[1].flatten(0, 1), set2, first_row);
  }
  const at::Tensor variance = variance_loss(set1) + variance_loss(set2);
  const at::Tensor covariance = covariance_loss(set1) + covariance_loss(set2);
  const at::Tensor coupled = weights.variance_weight * variance + weights.covariance_weight * covariance;
  // Each micro-batch differentiates its own rows of a term of the whole group; the mean over micro-batches divides by
  // all.
  const double share = group.values.defined() ? static_cast<double>(layout_.micro_batches_per_group()) : 1.0;
  total = total + scale_gradient(coupled, share);
  terms.insert(
      terms.end(),
      {{"variance", value_of(variance)}, {"covariance", value_of(covariance)}, {"regularisation", value_of(total)}});
  return total;
}

at::Tensor FsrtStep::adversarial(const FsrtPass& pass, std::vector<Term>& terms) const {
  const std::vector<Judgement> real = judge(pass.target, pass.driving_keypoints);
  const std::vector<Judgement> fake = judge(pass.prediction, pass.driving_keypoints);
  at::Tensor gan = torch::zeros({}, pass.prediction.options());
  at::Tensor matching = torch::zeros({}, pass.prediction.options());
  for (std::size_t scale = 0; scale < fake.size(); ++scale) {
    gan = gan + config_.losses.generator_gan_weight * generator_adversarial_loss(fake[scale].map);
    if (any_positive(config_.losses.feature_matching_weights)) {
      matching = matching + feature_matching_loss(
                                real[scale].features, fake[scale].features, config_.losses.feature_matching_weights);
    }
  }
  terms.emplace_back("gan", value_of(gan));
  terms.emplace_back("feature_matching", value_of(matching));
  return gan + matching;
}

FsrtGeneratorLoss FsrtStep::generator_loss(const FsrtPass& pass,
                                           const FsrtPhase& phase,
                                           const CoupledGroup& group) const {
  FsrtGeneratorLoss loss;
  std::vector<Term> terms;
  const at::Tensor pixels = config_.losses.pixel_weight * pixel_errors(pass).mean();
  loss.total = pixels;
  terms.emplace_back("mse", value_of(pixels));
  const at::Tensor regularizer = regularization(pass, group, terms);
  if (phase.perceptual && any_positive(config_.losses.perceptual_weights)) {
    const at::Tensor perceptual = perceptual_error(pass);
    loss.total = loss.total + perceptual;
    terms.emplace_back("perceptual", value_of(perceptual));
  }
  if (phase.adversarial &&
      (config_.losses.generator_gan_weight > 0 || any_positive(config_.losses.feature_matching_weights))) {
    loss.total = loss.total + adversarial(pass, terms);
  }
  if (regularizer.defined()) loss.total = loss.total + regularizer;
  loss.terms.emplace_back("total", value_of(loss.total));
  loss.terms.insert(loss.terms.end(), terms.begin(), terms.end());
  return loss;
}

FsrtDiscriminatorLoss FsrtStep::discriminator_loss(const FsrtPass& pass) const {
  const std::vector<Judgement> fake = judge(pass.prediction.detach(), pass.driving_keypoints);
  const std::vector<Judgement> real = judge(pass.target, pass.driving_keypoints);
  FsrtDiscriminatorLoss loss{.total = torch::zeros({}, pass.prediction.options()),
                             .prediction_map = fake.front().map.detach(),
                             .target_map = real.front().map.detach()};
  for (std::size_t scale = 0; scale < fake.size(); ++scale) {
    loss.total = loss.total + config_.losses.discriminator_gan_weight *
                                  discriminator_adversarial_loss(real[scale].map, fake[scale].map);
  }
  return loss;
}

}  // namespace understudy
