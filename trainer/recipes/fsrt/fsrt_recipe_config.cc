#include "trainer/recipes/fsrt/fsrt_recipe_config.h"

#include <fmt/format.h>

#include "trainer/recipes/fsrt/fsrt_recipe.h"

namespace understudy {
namespace {

constexpr KeyKind kMethod = KeyKind::kMethod;

void describe_losses(ConfigVisitor& v, FsrtLossConfig& c) {
  v.section("losses", "Weights of the losses (FSRT section 3.3; official values of vox256.yaml).");
  v.real({"pixel_weight", kMethod, "weight of the mean squared error"}, c.pixel_weight, 0, kUnbounded);
  v.reals({"perceptual_weights", kMethod, "weights of VGG-19's five taps, from Phase II on"},
          c.perceptual_weights,
          0,
          kUnbounded);
  v.flag({"statistical_regularization",
          kMethod,
          "add invariance, variance and covariance of the expression vectors to the loss"},
         c.statistical_regularization);
  v.real({"invariance_weight", kMethod, "weight of the invariance term"}, c.invariance_weight, 0, kUnbounded);
  v.real({"variance_weight", kMethod, "weight of the variance term"}, c.variance_weight, 0, kUnbounded);
  v.real({"covariance_weight", kMethod, "weight of the covariance term"}, c.covariance_weight, 0, kUnbounded);
  v.real({"generator_gan_weight", kMethod, "weight of the generator's adversarial loss in Phase III"},
         c.generator_gan_weight,
         0,
         kUnbounded);
  v.real({"discriminator_gan_weight", kMethod, "weight of the discriminator's loss in Phase III"},
         c.discriminator_gan_weight,
         0,
         kUnbounded);
  v.reals({"feature_matching_weights", kMethod, "weights of the discriminator's four feature maps in Phase III"},
          c.feature_matching_weights,
          0,
          kUnbounded);
}

void describe_phases(ConfigVisitor& v, FsrtPhaseConfig& c) {
  v.section("phases", "FSRT's phases: I random pixels, II whole pictures with the perceptual loss, III adversarial.");
  v.integer({"phase1_iterations", kMethod, "iterations of Phase I"}, c.phase1_iterations, 0, kNoLimit);
  v.integer({"phase2_iterations", kMethod, "iterations of Phase II"}, c.phase2_iterations, 0, kNoLimit);
  v.integer({"discriminator_warmup",
             kMethod,
             "iterations of Phase III in which only the discriminator sees the adversarial loss"},
            c.discriminator_warmup,
            0,
            kNoLimit);
  v.flag({"use_discriminator", kMethod, "false: Phase III equals Phase II"}, c.use_discriminator);
}

}  // namespace

void FsrtRecipeConfig::describe(ConfigVisitor& v) {
  v.section("model", "Sizes of the networks; the defaults are the official ones.");
  describe_keys(v, model);
  v.choice({"precision",
            kMethod,
            "tf32 rounds products and convolutions on a GPU; bfloat16 has the networks' products and convolutions in "
            "bfloat16, all else in float32; float64 serves replay and tests"},
           precision,
           {{"float32", Precision::kFloat32},
            {"tf32", Precision::kTf32},
            {"bfloat16", Precision::kBfloat16},
            {"float64", Precision::kFloat64}});
  v.section("data", "Where samples come from and how they are prepared.");
  describe_keys(v, data);
  v.flag({"distinct_frames",
          kMethod,
          "draw frames of a sample without repetition; the official loader may draw one twice"},
         distinct_frames);
  describe_losses(v, losses);
  describe_phases(v, phases);
  v.section("perceptual", "The frozen VGG-19 of the perceptual loss.");
  v.text({"weights",
          kMethod,
          "file of VGG-19 weights under torchvision's names (.pth or safetensors), or \"random\" for demos and tests"},
         perceptual_weights_file);
  v.section("detector", "The frozen keypoint detector.");
  v.text(
      {"weights",
       kMethod,
       "file of detector weights: kp_detector.pt, a FOMM checkpoint, safetensors or a checkpoint of recipe keypoints"},
      detector_weights);
}

void FsrtRecipeConfig::validate(const RunConfig&, Problems& problems) const {
  understudy::validate(model, problems);
  understudy::validate(data, model.image_size, problems);
  if (losses.perceptual_weights.size() != 5) {
    problems.add_key("losses.perceptual_weights",
                     fmt::format("{} weights, but VGG-19 has 5 taps", losses.perceptual_weights.size()));
  }
  if (phases.use_discriminator && std::ssize(losses.feature_matching_weights) != model.discriminator_blocks) {
    problems.add_key("losses.feature_matching_weights",
                     fmt::format("{} weights, but the discriminator has {} blocks",
                                 losses.feature_matching_weights.size(),
                                 model.discriminator_blocks));
  }
}

std::unique_ptr<Recipe> FsrtRecipeConfig::make_recipe(const RunConfig& run) const {
  return make_fsrt_recipe(*this, run);
}

}  // namespace understudy
