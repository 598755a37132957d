#include "trainer/recipes/latent_pose/latent_pose_recipe_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "trainer/recipe_config.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

RunSettings settings_of_file(const std::string& name) {
  const std::string path = std::string(UNDERSTUDY_CONFIGS) + "/" + name;
  return RunSettings::read(read_file(path), path, {});
}

const LatentPoseRecipeConfig& latent_pose(const RunSettings& settings) {
  return dynamic_cast<const LatentPoseRecipeConfig&>(*settings.recipe);
}

/// What of a run is not the method.
void forget_machine(RunConfig& run) {
  const RunConfig defaults;
  run.loader_threads = defaults.loader_threads;
  run.sample_every = defaults.sample_every;
  run.max_iterations = defaults.max_iterations;
  run.validation = defaults.validation;
  run.checkpoints = defaults.checkpoints;
}

TEST(LatentPoseConfigs, AreTheDefaultsOfTheirStage) {
  for (const auto& [file, stage] :
       {std::pair{"latent-pose-vox2.toml", "meta"}, std::pair{"latent-pose-finetune.toml", "finetune"}}) {
    RunSettings found = settings_of_file(file);
    RunSettings wanted = RunSettings::defaults("latent_pose", stage);
    EXPECT_EQ(found.run.max_iterations, wanted.run.max_iterations);
    forget_machine(found.run);
    forget_machine(wanted.run);
    wanted.run.batch.statistics_group = wanted.run.batch.micro_batch;  // what the 0 of the defaults means
    EXPECT_EQ(found.text(), wanted.text());
  }
}

TEST(LatentPoseConfigs, HaveTheOfficialValues) {
  const RunSettings meta = RunSettings::defaults("latent_pose");
  EXPECT_EQ(meta.run.batch.global_batch, 8);
  EXPECT_EQ(meta.run.max_iterations, 1'200'000);
  EXPECT_EQ(meta.run.optimizer.learning_rate, 5e-5);
  EXPECT_EQ(meta.run.optimizer.adam.kind, AdamKind::kAdam);
  EXPECT_EQ(meta.run.optimizer.adam.beta1, 0.0);
  EXPECT_EQ(meta.run.optimizer.adam.epsilon, 1e-5);
  EXPECT_EQ(latent_pose(meta).discriminator_learning_rate, 2e-4);
  EXPECT_EQ(latent_pose(meta).average_decay, 0.999);
  EXPECT_EQ(latent_pose(meta).losses.perceptual_weight, 3e-2);
  EXPECT_EQ(latent_pose(meta).losses.face_weight, 0.6e-2);
  const RunSettings tuning = RunSettings::defaults("latent_pose", "finetune");
  EXPECT_EQ(tuning.run.optimizer.learning_rate, 5e-4);
  EXPECT_EQ(tuning.run.optimizer.adam.kind, AdamKind::kRAdam);
  EXPECT_EQ(latent_pose(tuning).discriminator_learning_rate, 8e-4);
  EXPECT_EQ(latent_pose(tuning).average_decay, 0.972);
  EXPECT_EQ(latent_pose(tuning).losses.embedding_match_weight, 0.0);
  EXPECT_EQ(latent_pose(tuning).model.identities, 1);
}

TEST(LatentPoseConfigs, NeedALossOfThePicture) {
  LatentPoseRecipeConfig config;
  config.losses.perceptual_weight = config.losses.face_weight = config.losses.adversarial_weight = 0;
  config.losses.feature_matching_weight = 0;
  Problems problems;
  config.validate({}, problems);
  EXPECT_TRUE(problems.empty()) << "masks are learned";
  config.losses.dice_weight = 0;
  config.validate({}, problems);
  EXPECT_THAT([&] { problems.raise_if_any("run"); }, ThrowsMessage<ConfigError>(HasSubstr("nothing would be learned")));
}

TEST(LatentPoseConfigs, OfOnePersonKeepSizesDataAndLosses) {
  LatentPoseRecipeConfig many;
  many.model.image_size = 128;
  many.losses.perceptual_weight = 7e-2;
  many.data.use_affine_shift = false;
  many.perceptual_weights_file = "vgg.pth";
  const std::unique_ptr<RecipeConfig> made = many.for_one_person();
  const auto& one = dynamic_cast<const LatentPoseRecipeConfig&>(*made);
  EXPECT_EQ(one.stage, LatentPoseStage::kFinetune);
  EXPECT_EQ(one.model.image_size, 128);
  EXPECT_EQ(one.model.identities, 1);
  EXPECT_EQ(one.losses.perceptual_weight, 7e-2);
  EXPECT_EQ(one.losses.embedding_match_weight, 0.0);
  EXPECT_FALSE(one.data.use_affine_shift);
  EXPECT_EQ(one.perceptual_weights_file, "vgg.pth");
  EXPECT_THAT([&] { one.for_one_person(); }, ThrowsMessage<ConfigError>(HasSubstr("tuned to a person already")));
}

}  // namespace
}  // namespace understudy
