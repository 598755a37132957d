#include "trainer/recipes/latent_pose/latent_pose_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "checkpoints/torch_file.h"
#include "common/errors.h"
#include "models/blocks/state.h"
#include "tests/support/temporary_folder.h"
#include "tests/trainer/tiny_latent_pose.h"
#include "trainer/findings.h"
#include "trainer/first_weights.h"
#include "trainer/inference.h"
#include "trainer/recipes/latent_pose/latent_pose_recipe.h"

namespace understudy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

RunSettings settings_of(const std::string& stage, const std::string& identities) {
  return tiny_latent_pose(stage, "identities = " + identities + "\n[batch]\nglobal_batch = 4\nmicro_batch = 2\n");
}

/// A run whose every tensor has another value.
struct TinyRun {
  explicit TinyRun(const std::string& stage, const std::string& identities = "6")
      : settings(settings_of(stage, identities)),
        networks(make_latent_pose_networks(latent_pose_config(settings), 1)),
        recipe(latent_pose_config(settings), settings.run, networks, {}) {}

  void fill() {
    const at::NoGradGuard no_grad;
    double number = 0;
    for (auto& [name, tensor] : recipe.state()) at::Tensor(tensor).fill_(++number);
    for (const Player& player : recipe.players()) {
      for (const auto& [name, parameter] : player.parameters) {
        for (const char* moment : {".exp_avg", ".exp_avg_sq"}) {
          const std::string full = player.name + "." + name + moment;
          source.optimizer.emplace_back(full, at::full_like(parameter, ++number).detach());
        }
      }
      source.optimizer.emplace_back(player.name + ".step", at::scalar_tensor(12, at::kDouble));
    }
    source.completed = 12;
  }
  PickleValue checkpoint() const {
    return latent_pose_checkpoint(networks, source, latent_pose_config(settings), settings.run);
  }

  RunSettings settings;
  LatentPoseNetworks networks;
  LatentPoseRecipe recipe;
  ExportSource source;
};

std::vector<std::string> keys_of(const PickleValue& dict) {
  std::vector<std::string> keys;
  for (const auto& item : dict.to_dict("dict").items) keys.push_back(item.first.to_text("key"));
  return keys;
}

TEST(LatentPoseCheckpoint, HasTheOfficialKeysInTheOfficialOrder) {
  TinyRun run("meta");
  run.fill();
  const PickleValue checkpoint = run.checkpoint();
  EXPECT_THAT(
      keys_of(checkpoint),
      ElementsAre("embedder", "generator", "discriminator", "optimizer_G", "optimizer_D", "running_averages", "args"));
  EXPECT_THAT(keys_of(checkpoint.require("running_averages", "file")), ElementsAre("embedder", "generator"));
  EXPECT_EQ(keys_of(checkpoint.require("embedder", "file")).front(), "identity_encoder.conv1.weight");
  const std::vector<std::string> generator = keys_of(checkpoint.require("generator", "file"));
  EXPECT_EQ(generator.front(), "constant.constant");
  EXPECT_THAT(std::vector<std::string>(generator.end() - 4, generator.end()),
              ElementsAre("affine_params_projector.2.bias",
                          "affine_params_projector.2.weight_orig",
                          "affine_params_projector.2.weight_u",
                          "affine_params_projector.2.weight_v"));
  const std::vector<std::string> discriminator = keys_of(checkpoint.require("discriminator", "file"));
  EXPECT_EQ(discriminator.front(), "down_block.0.bias");
  EXPECT_THAT(std::vector<std::string>(discriminator.end() - 3, discriminator.end()),
              ElementsAre("embed.weight_orig", "embed.weight_u", "embed.weight_v"));
}

void expect_equal(const NamedTensors& wanted, const NamedTensors& found) {
  EXPECT_EQ(found.size(), wanted.size());
  for (const auto& [name, tensor] : wanted) {
    const at::Tensor* other = find_tensor(found, name);
    ASSERT_NE(other, nullptr) << name;
    EXPECT_TRUE(at::equal(other->detach().to(at::kDouble), tensor.detach().to(at::kDouble))) << name;
  }
}

TEST(LatentPoseCheckpoint, GoesOutAndComesBackWhole) {
  const TemporaryFolder folder;
  for (const char* stage : {"meta", "finetune"}) {
    TinyRun run(stage, std::string(stage) == "meta" ? "6" : "1");
    run.fill();
    write_torch_file(folder.path() / "model.pth", run.checkpoint());
    const FirstWeights weights =
        read_first_weights(folder.path() / "model.pth", *run.settings.recipe, run.recipe.players());
    expect_equal(run.recipe.state(), weights.model);
    expect_equal(run.source.optimizer, weights.optimizer);
    const RunSettings kept = inference_settings({.weights = folder.path() / "model.pth", .config = {}, .detector = {}});
    ASSERT_EQ(kept.run.recipe, "latent_pose");
    EXPECT_EQ(latent_pose_config(kept).model.image_size, latent_pose_config(run.settings).model.image_size);
    EXPECT_EQ(kept.run.max_iterations, RunSettings::defaults("latent_pose", stage).run.max_iterations);
  }
}

TEST(LatentPoseCheckpoint, OfFineTuningHasThePersonAndRAdam) {
  TinyRun run("finetune", "1");
  run.fill();
  const PickleValue checkpoint = run.checkpoint();
  EXPECT_EQ(keys_of(checkpoint.require("generator", "file")).front(), "identity_embedding");
  const PickleValue& optimizer = checkpoint.require("optimizer_G", "file");
  const PickleValue& group = optimizer.require("param_groups", "G").to_items("groups").at(0);
  EXPECT_EQ(group.require("params", "group").to_items("params").size(), run.networks.generator->parameters().size());
  EXPECT_EQ(group.require("buffer", "group").to_items("buffer").size(), 10U);
  EXPECT_EQ(group.require("lr", "group").to_double("lr"), 5e-4);
  const auto& first = optimizer.require("state", "G").to_dict("state").items.at(0);
  EXPECT_EQ(first.second.require("exp_avg", "state").to_tensor("moment").sizes(), at::IntArrayRef({1, 16}));
  EXPECT_EQ(first.second.require("step", "state").to_int("step"), 12);
  const PickleValue& arguments = checkpoint.require("args", "file");
  EXPECT_EQ(arguments.to_dict("args").kind, DictKind::kNamespace);
  EXPECT_TRUE(arguments.require("finetune", "args").to_bool("finetune"));
  EXPECT_EQ(arguments.require("optimizer", "args").to_text("optimizer"), "RAdam");
  EXPECT_EQ(arguments.require("lr_dis", "args").to_double("lr_dis"), 8e-4);
  EXPECT_EQ(arguments.require("num_labels", "args").to_int("num_labels"), 1);
  EXPECT_EQ(arguments.require("iteration", "args").to_int("iteration"), 12);
  EXPECT_EQ(arguments.require("pose_embedding_size", "args").to_int("size"), 8);
}

TEST(LatentPoseCheckpoint, TellsItsSizesAndStage) {
  for (const char* stage : {"meta", "finetune"}) {
    TinyRun run(stage, std::string(stage) == "meta" ? "6" : "1");
    run.fill();
    LatentPoseRecipeConfig found;
    ASSERT_TRUE(found.take_published(run.checkpoint()));
    const LatentPoseRecipeConfig& wanted = latent_pose_config(run.settings);
    EXPECT_EQ(found.stage, wanted.stage);
    EXPECT_EQ(found.model.generator(), wanted.model.generator());
    EXPECT_EQ(found.model.discriminator(), wanted.model.discriminator());
    EXPECT_EQ(found.model.identity_frames, wanted.model.identity_frames);
    EXPECT_EQ(found.losses.face_weight, wanted.losses.face_weight);
  }
}

TEST(LatentPoseCheckpoint, WithImpossibleSizesIsRefusedByTheKey) {
  const TemporaryFolder folder;
  const auto with = [&](const char* name, std::int64_t value) {
    PickleDict checkpoint;
    checkpoint.items.emplace_back("embedder", PickleDict{});
    checkpoint.items.emplace_back("generator", PickleDict{});
    checkpoint.items.emplace_back("args", PickleDict{{{name, value}}});
    write_torch_file(folder.path() / "model.pth", checkpoint);
    return inference_settings({.weights = folder.path() / "model.pth", .config = {}, .detector = {}});
  };
  for (const auto& [name, value, key] : {std::tuple{"image_size", 0, "model.image_size"},
                                         std::tuple{"image_size", 48, "model.image_size"},
                                         std::tuple{"num_channels", 1 << 30, "model.channels"},
                                         std::tuple{"n_frames_for_encoder", 0, "model.identity_frames"},
                                         std::tuple{"dis_num_blocks", -1, "model.discriminator_blocks"}}) {
    const auto read = [&, n = name, v = value] { with(n, v); };
    EXPECT_THAT(read, ThrowsMessage<ConfigError>(AllOf(HasSubstr("model.pth"), HasSubstr(key))));
  }
  EXPECT_EQ(latent_pose_config(with("n_frames_for_encoder", 3)).model.identity_frames, 3);
}

TEST(LatentPoseCheckpoint, OfAnotherSystemIsNotTaken) {
  LatentPoseRecipeConfig config;
  EXPECT_FALSE(config.take_published(PickleDict{{{"generator", PickleDict{}}, {"args", PickleDict{}}}}));
  EXPECT_FALSE(config.take_published("text"));
}

TEST(LatentPoseCheckpoint, GivesAnOptimiserWhollyOrNotAtAll) {
  TinyRun run("meta");
  run.fill();
  const PickleValue checkpoint = run.checkpoint();
  TinyRun more_people("meta", "7");
  const NamedTensors other = run.settings.recipe->optimizer_state(checkpoint, more_people.recipe.players());
  EXPECT_EQ(group_of(other, "generator").size(), group_of(run.source.optimizer, "generator").size());
  EXPECT_TRUE(group_of(other, "discriminator").empty()) << "its matrix has other rows";
  TinyRun person("finetune", "1");
  EXPECT_TRUE(run.settings.recipe->optimizer_state(checkpoint, person.recipe.players()).empty());
  EXPECT_TRUE(run.settings.recipe->optimizer_state(PickleDict{}, run.recipe.players()).empty());
}

TEST(LatentPoseNames, KnowTheNetworkOfABareStateDict) {
  const at::Tensor one = at::ones({1});
  std::vector<std::string> names;
  for (const auto& [name, tensor] : latent_pose_names({{"running_averages.generator.constant.constant", one},
                                                       {"generator.constant.constant", one},
                                                       {"average.embedder.x", one},
                                                       {"decoder_blocks.10.bias", one},
                                                       {"pose_encoder.classifier.1.bias", one},
                                                       {"embed.weight_u", one},
                                                       {"embedder.pose_encoder.x", one},
                                                       {"something.else", one}}))
    names.push_back(name);
  EXPECT_THAT(names,
              ElementsAre("average.generator.constant.constant",
                          "generator.constant.constant",
                          "average.embedder.x",
                          "generator.decoder_blocks.10.bias",
                          "embedder.pose_encoder.classifier.1.bias",
                          "discriminator.embed.weight_u",
                          "embedder.pose_encoder.x",
                          "something.else"));
}

TEST(LatentPoseRecipe, BeginsMissingAveragesFromTheWeights) {
  TinyRun given("meta");
  given.fill();
  NamedTensors weights = without_group(given.recipe.state(), "average.generator");
  TinyRun run("meta");
  take_first_weights({weights, {}}, run.recipe, {});
  const NamedTensors state = run.recipe.state();
  expect_equal(group_of(given.recipe.state(), "generator"), group_of(state, "average.generator"));
  expect_equal(group_of(given.recipe.state(), "average.embedder"), group_of(state, "average.embedder"));
}

TEST(LatentPoseRecipe, BeginsAnAverageWithoutThePersonFromTheWeights) {
  TinyRun meta("meta");
  meta.fill();
  TinyRun person("finetune", "1");
  take_first_weights({meta.recipe.state(), {}}, person.recipe, {});
  const NamedTensors state = person.recipe.state();
  expect_equal(group_of(state, "generator"), group_of(state, "average.generator"));
  expect_equal(group_of(meta.recipe.state(), "average.embedder"), group_of(state, "average.embedder"));
}

TEST(LatentPosePreview, HasTheNetworksWithoutTheirWeights) {
  const TinyRun run("meta");
  const auto outline = run.settings.recipe->make_outline(run.settings.run);
  TinyRun whole("meta");
  const NamedTensors wanted = whole.recipe.state();
  const NamedTensors found = outline->state();
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(found[i].first, wanted[i].first);
    EXPECT_EQ(found[i].second.sizes(), wanted[i].second.sizes());
  }
}

TEST(LatentPosePreview, NamesEveryWeightFileThatIsMissing) {
  const TinyRun run("meta");
  Findings none;
  EXPECT_TRUE(run.settings.recipe->check_weights(run.settings.run, none).empty());
  EXPECT_THAT(
      none.problems.messages(),
      ElementsAre(HasSubstr("perceptual.weights: names no file"), HasSubstr("perceptual.face_weights: names no file")));
}

}  // namespace
}  // namespace understudy
