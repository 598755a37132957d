#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"

#include <fmt/format.h>

#include "trainer/recipes/latent_pose/latent_pose_recipe.h"

namespace understudy {
namespace {

constexpr KeyKind kMethod = KeyKind::kMethod;

void describe_model(ConfigVisitor& v, LatentPoseModelConfig& c) {
  v.integer({"image_size", kMethod, "side of the pictures, 4 times a power of two"}, c.image_size, 16, 4096);
  v.integer({"identities", kMethod, "rows of the discriminator's matrix: videos of the training set, or more"},
            c.identities,
            1,
            kNoLimit);
  v.integer(
      {"identity_frames", kMethod, "frames of a sample that the identity is taken from"}, c.identity_frames, 1, 64);
  v.choice({"aggregation", kMethod, "how the descriptors of these frames become one"},
           c.aggregation,
           {{"mean", Aggregation::kMean}, {"max", Aggregation::kMax}});
  v.real({"pose_dropout", kMethod, "dropout in front of the pose encoder's last layer"}, c.pose_dropout, 0, 0.99);
  v.integer({"identity_size", kMethod, "numbers of an identity descriptor"}, c.embedder.identity_size, 1, 65536);
  v.integer({"pose_size", kMethod, "numbers of a pose descriptor"}, c.embedder.pose_size, 1, 65536);
  v.integer({"channels", kMethod, "of generator and discriminator at full size"}, c.channels, 1, 4096);
  v.integer({"max_channels", kMethod, "most channels of generator and discriminator"}, c.max_channels, 1, 65536);
  v.integer({"discriminator_blocks", kMethod, "residual blocks of the discriminator, the first one included"},
            c.discriminator_blocks,
            1,
            32);
  v.integer({"identity_width", kMethod, "channels of the identity encoder's first layer"},
            c.embedder.identity.width,
            1,
            4096);
  v.integer({"identity_groups", kMethod, "groups of the identity encoder's 3x3 convolutions"},
            c.embedder.identity.groups,
            1,
            4096);
  v.integer({"identity_width_per_group", kMethod, "channels of a group in the first stage"},
            c.embedder.identity.width_per_group,
            1,
            4096);
  v.integers({"identity_blocks", kMethod, "bottlenecks of each stage of the identity encoder"},
             c.embedder.identity.blocks,
             1,
             1024);
  v.integer({"pose_stages",
             kMethod,
             "stages of the pose encoder that are kept, of 7; fewer leave more pixels of a small picture in front of "
             "its last "
             "layer, over which BatchNorm takes its statistics"},
            c.embedder.pose.used_stages,
            1,
            7);
  v.integer({"pose_features", kMethod, "channels of the pose encoder's last convolution"},
            c.embedder.pose.last_width,
            1,
            65536);
  v.real(
      {"start_spread",
       kMethod,
       "the generator's learned start is drawn within this distance of 1; the published one is 1 everywhere and tells "
       "places apart by the padding of its convolutions alone, which takes long runs"},
      c.start_spread,
      0,
      100);
  v.real({"identity_gain",
          kMethod,
          "factor of the first weights of the identity encoder's last layer; spectral norms let small descriptors move "
          "little, so "
          "that larger ones help short runs"},
         c.identity_gain,
         1e-3,
         1e4);
  v.real({"pose_gain", kMethod, "the same of the pose encoder; what is larger of the two is learned first"},
         c.pose_gain,
         1e-3,
         1e4);
  v.real(
      {"pose_width", kMethod, "multiplier of the pose encoder's channels"}, c.embedder.pose.width_multiplier, 0.01, 16);
}

void describe_losses(ConfigVisitor& v, LatentPoseLossConfig& c) {
  v.section("losses", "Weights of the losses (official values of default.yaml).");
  v.real({"adversarial_weight", kMethod, "weight of the generator's hinge loss"}, c.adversarial_weight, 0, kUnbounded);
  v.real({"feature_matching_weight", kMethod, "weight of the mean distance of the discriminator's features"},
         c.feature_matching_weight,
         0,
         kUnbounded);
  v.real({"perceptual_weight", kMethod, "weight of the Caffe VGG-19's 13 taps; 0 needs no such file"},
         c.perceptual_weight,
         0,
         kUnbounded);
  v.real({"face_weight", kMethod, "weight of VGGFace's 13 taps on the middle of the picture; 0 needs no such file"},
         c.face_weight,
         0,
         kUnbounded);
  v.real({"dice_weight", kMethod, "weight of the foreground mask's Dice loss"}, c.dice_weight, 0, kUnbounded);
  v.real({"embedding_match_weight", kMethod, "weight of the identity's distance to its row; 0 in fine-tuning"},
         c.embedding_match_weight,
         0,
         kUnbounded);
  v.real({"l1_weight",
          kMethod,
          "weight of the mean absolute difference of pixels; not of the published training, whose code has it with 30"},
         c.l1_weight,
         0,
         kUnbounded);
}

}  // namespace

LatentPoseGeneratorConfig LatentPoseModelConfig::generator() const {
  return {.image_size = image_size,
          .channels = channels,
          .max_channels = max_channels,
          .identity_size = embedder.identity_size,
          .pose_size = embedder.pose_size};
}

LatentPoseDiscriminatorConfig LatentPoseModelConfig::discriminator() const {
  return {.image_size = image_size,
          .channels = channels,
          .max_channels = max_channels,
          .identity_size = embedder.identity_size,
          .blocks = discriminator_blocks,
          .labels = identities};
}

void LatentPoseRecipeConfig::choose_stage(std::string_view name) {
  if (name == "finetune") stage = LatentPoseStage::kFinetune;
  if (name == "drive") stage = LatentPoseStage::kDrive;
  if (stage == LatentPoseStage::kMeta) return;
  model.identities = 1;
  losses.embedding_match_weight = 0.0;
  discriminator_learning_rate = 8e-4;
  average_decay = 0.972;
}

void LatentPoseRecipeConfig::set_defaults(RunConfig& run) const {
  const bool meta = stage == LatentPoseStage::kMeta;
  run.batch = {.global_batch = 8, .micro_batch = meta ? 4 : 8};  // as on two GPUs, and on one
  run.max_iterations = meta ? 1'200'000 : 560;
  run.optimizer = {.learning_rate = meta ? 5e-5 : 5e-4, .warmup_iterations = 0, .decay_factor = 1.0};
  run.optimizer.adam = {
      .kind = meta ? AdamKind::kAdam : AdamKind::kRAdam, .beta1 = 0.0, .beta2 = 0.999, .epsilon = 1e-5};
  run.balance = meta ? Balance::kClip : Balance::kFrame;  // of a person every picture counts alike
  if (meta) return;
  run.sample_every = run.checkpoints.every = 100;
  run.validation.every = 20;
  run.validation.episodes = 32;
}

void LatentPoseRecipeConfig::describe(ConfigVisitor& v) {
  v.section("recipe", "Which published system is trained.");
  v.choice(
      {"stage", kMethod, "meta-learning on many people, or fine-tuning to one; other defaults follow from it"},
      stage,
      {{"meta", LatentPoseStage::kMeta}, {"finetune", LatentPoseStage::kFinetune}, {"drive", LatentPoseStage::kDrive}});
  v.section("model", "Sizes of the networks; the defaults are the official ones.");
  describe_model(v, model);
  v.choice({"precision", kMethod, "tf32 rounds products and convolutions on a GPU; float64 serves replay and tests"},
           precision,
           {{"float32", Precision::kFloat32}, {"tf32", Precision::kTf32}, {"float64", Precision::kFloat64}});
  v.section("optimizer", "Adam and its learning rate: linear warm-up to the peak, then exponential decay.");
  v.real({"discriminator_learning_rate", kMethod, "learning rate of the discriminator, constant"},
         discriminator_learning_rate,
         0,
         1);
  v.real({"average_decay", kMethod, "what is left of the running average of weights after an iteration"},
         average_decay,
         0,
         1);
  v.section("data", "Where samples come from and how they are prepared.");
  describe_keys(v, data);
  describe_losses(v, losses);
  v.section("perceptual", "The frozen networks of the perceptual losses.");
  v.text({"weights", kMethod, "file of the Caffe VGG-19 (vgg19-d01eb7cb.pth), or \"random\" for demos and tests"},
         perceptual_weights_file);
  v.text({"face_weights", kMethod, "file of VGGFace (vgg_face_weights.pth), or \"random\" for demos and tests"},
         face_weights_file);
}

void LatentPoseRecipeConfig::validate(const RunConfig& run, Problems& problems) const {
  if (stage == LatentPoseStage::kFinetune && run.train_sets.size() > 1)
    problems.add_key("data.train", "names several sets, but fine-tuning has the frames of one person in one set");
  if (losses.perceptual_weight == 0 && losses.face_weight == 0 && losses.l1_weight == 0 &&
      losses.adversarial_weight == 0 && losses.feature_matching_weight == 0 && losses.dice_weight == 0)
    problems.add_key("losses.perceptual_weight",
                     "and the weights of all other losses of the picture are 0, so that nothing would be learned");
  understudy::validate(model.generator(), problems);
  understudy::validate(model.discriminator(), problems);
}

}  // namespace understudy
