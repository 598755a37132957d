#include "trainer/recipes/fsrt/official_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/config_writer.h"

namespace understudy {
namespace {

std::string text_of(const FsrtModelConfig& config) {
  return write_config([copy = config](ConfigVisitor& visitor) mutable {
    visitor.section("model", "");
    describe_keys(visitor, copy);
  });
}

/// PyYAML takes a number with an exponent for text unless it has a point.
std::string real(double value) {
  std::string text = fmt::format("{}", value);
  const std::size_t exponent = text.find('e');
  if (exponent != std::string::npos && text.find('.') == std::string::npos) text.insert(exponent, ".0");
  return text;
}

std::string reals(const std::vector<double>& values) {
  std::vector<std::string> texts;
  for (const double value : values) texts.push_back(real(value));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

/// The sizes that follow from others written out.
FsrtModelConfig resolved(FsrtModelConfig config) {
  config.decoder_heads = config.resolved_decoder_heads();
  config.decoder_hidden = config.resolved_decoder_hidden();
  config.render_widths = config.resolved_render_widths();
  return config;
}

std::string octaves(const FsrtModelConfig& model) {
  return fmt::format("    pix_octaves: {}\n    pix_start_octave: {}\n    kp_octaves: {}\n    kp_start_octave: {}\n",
                     model.pixel_octaves,
                     model.pixel_start_octave,
                     model.keypoint_octaves,
                     model.keypoint_start_octave);
}

std::string data_part(const FsrtModelConfig& model, const FsrtDataConfig& data) {
  return fmt::format(
      "data:\n  dataset: vox\n  num_src: {}\n  num_pixels_phase1: {}\n  num_pixels: {}\n  image_subsampling: {}\n"
      "  simulate_out_of_frame_motion: {}\n  augmentation_params:\n    flip_param:\n      horizontal_flip: {}\n"
      "    jitter_param:\n      brightness: {}\n      contrast: {}\n      saturation: {}\n      hue: {}\n",
      model.sources,
      data.query_pixels_phase1,
      data.query_pixels,
      data.image_subsampling,
      data.out_of_frame_motion,
      data.horizontal_flip,
      real(data.jitter_brightness),
      real(data.jitter_contrast),
      real(data.jitter_saturation),
      real(data.jitter_hue));
}

std::string model_part(const FsrtModelConfig& model) {
  return fmt::format(
      "model:\n  encoder_kwargs:\n{0}    encode_with_expression: {1}\n  decoder_kwargs:\n{0}"
      "  small_decoder: {2}\n  expression_size: {3}\n",
      octaves(model),
      model.encode_with_expression,
      model.small_decoder,
      model.expression_size);
}

std::string phases_part(const FsrtRecipeConfig& config, const RunConfig& run) {
  return fmt::format(
      "discriminator:\n  use_disc: {}\n  scales: {}\ntraining:\n  batch_size: {}\n  num_workers: {}\n"
      "  iters_in_phase1: {}\n  iters_in_phase2: {}\n  disc_warmup_iters: {}\n  max_it: {}\n  decay_it: {}\n"
      "  lr_warmup: {}\n  scales: [1]\n",
      config.phases.use_discriminator,
      reals(config.model.discriminator_scales),
      run.batch.global_batch,
      run.loader_threads,
      config.phases.phase1_iterations,
      config.phases.phase2_iterations,
      config.phases.discriminator_warmup,
      run.max_iterations,
      run.optimizer.decay_iterations,
      run.optimizer.warmup_iterations);
}

std::string losses_part(const FsrtLossConfig& losses) {
  return fmt::format(
      "  mse_loss_weight: {}\n  perceptual_loss_weight: {}\n  statistical_regularization: {}\n"
      "  invariance_loss_weight: {}\n  variance_loss_weight: {}\n  covariance_loss_weight: {}\n"
      "  generator_gan_loss_weight: {}\n  discriminator_gan_loss_weight: {}\n  generator_gan_feature_matching: {}\n",
      real(losses.pixel_weight),
      reals(losses.perceptual_weights),
      losses.statistical_regularization,
      real(losses.invariance_weight),
      real(losses.variance_weight),
      real(losses.covariance_weight),
      real(losses.generator_gan_weight),
      real(losses.discriminator_gan_weight),
      reals(losses.feature_matching_weights));
}

std::string intervals_part(const RunConfig& run) {
  return fmt::format(
      "  print_every: {}\n  visualize_every: {}\n  validate_every: {}\n  checkpoint_every: {}\n  backup_every: {}\n"
      "  model_selection_metric: {}\n  model_selection_mode: {}\n",
      run.log_every,
      run.sample_every,
      run.validation.every,
      run.checkpoints.every,
      run.checkpoints.keep_every,
      run.validation.metric,
      run.validation.mode == MetricMode::kMaximise ? "maximize" : "minimize");
}

}  // namespace

std::string official_config(const FsrtRecipeConfig& config, const RunConfig& run) {
  return data_part(config.model, config.data) + model_part(config.model) + phases_part(config, run) +
         losses_part(config.losses) + intervals_part(run);
}

bool has_published_sizes(const FsrtModelConfig& config) {
  FsrtModelConfig published;
  published.sources = config.sources;
  published.expression_size = config.expression_size;
  published.small_decoder = config.small_decoder;
  published.encode_with_expression = config.encode_with_expression;
  published.pixel_octaves = config.pixel_octaves;
  published.pixel_start_octave = config.pixel_start_octave;
  published.keypoint_octaves = config.keypoint_octaves;
  published.keypoint_start_octave = config.keypoint_start_octave;
  published.no_gradient_queries = config.no_gradient_queries;
  return text_of(resolved(published)) == text_of(resolved(config));
}

}  // namespace understudy
