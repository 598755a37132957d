#include "trainer/recipes/latent_pose/latent_pose_recipe.h"

#include <set>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "checkpoints/safetensors.h"
#include "data_pipeline/synthetic_set.h"
#include "models/blocks/state.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/thread_ranks.h"
#include "tests/trainer/tiny_latent_pose.h"
#include "trainer/replay.h"
#include "trainer/step_engine.h"

namespace understudy {
namespace {

constexpr const char* kRest = R"(
[batch]
global_batch = 3
micro_batch = 3
[losses]
perceptual_weight = 0.0
face_weight = 0.0
l1_weight = 3.0
[optimizer]
learning_rate = 1e-2
)";

RunSettings settings_of(const std::string& stage) {
  return tiny_latent_pose(stage, std::string("identities = ") + (stage == "meta" ? "6" : "1") + kRest);
}

LatentPoseBatch noise_batch(const LatentPoseRecipeConfig& config) {
  const bool meta = config.stage == LatentPoseStage::kMeta;
  const std::int64_t features = config.model.embedder.pose.feature_channels();
  return {.identity_frames = at::rand({3, meta ? 2 : 0, 3, 32, 32}),
          .pose_frame = at::rand({3, 3, 32, 32}),
          .target = at::rand({3, 3, 32, 32}),
          .target_mask = at::rand({3, 1, 32, 32}),
          .label = meta ? at::tensor({4, 0, 2}, at::kLong) : at::zeros({3}, at::kLong),
          .pose_dropout = at::rand({3, features}).gt(0.2).to(at::kFloat) * 1.25};
}

/// State and optimisers' values after one iteration of the trainer's step.
struct Stepped {
  NamedTensors state;
  std::vector<Term> terms;
};

Stepped step_once(const RunSettings& settings, LatentPoseNetworks networks, const LatentPoseBatch& batch) {
  Stepped stepped;
  run_on_thread_ranks(1, [&](Communicator& ranks) {
    LatentPoseRecipe recipe(latent_pose_config(settings), settings.run, std::move(networks), {});
    Heartbeat heartbeat;
    StepEngine engine(recipe, settings.run, ranks, heartbeat);
    MicroBatch micro{.iteration = 0, .index = 0, .episodes = std::vector<Episode>(3), .tensors = to_sample(batch)};
    stepped.terms = engine.run(0, {std::move(micro)}, {}).terms;
    stepped.state = recipe.state();
  });
  return stepped;
}

/// What a replay, which is compared with the official code, says of a tensor after the step.
const at::Tensor& replayed(const NamedTensors& results, const std::string& name) {
  for (const char* kind : {"parameter.", "buffer.", ""}) {
    if (const at::Tensor* found = find_tensor(results, kind + name)) return *found;
  }
  throw std::runtime_error(name + " is not in the replay");
}

class LatentPoseRecipeStep : public testing::TestWithParam<const char*> {};

TEST_P(LatentPoseRecipeStep, IsTheOneThatReplayShows) {
  at::set_num_threads(1);
  torch::manual_seed(2);
  const TemporaryFolder place;
  const RunSettings settings = settings_of(GetParam());
  const LatentPoseRecipeConfig& config = latent_pose_config(settings);
  LatentPoseNetworks networks = make_latent_pose_networks(config, 1);
  const LatentPoseBatch batch = noise_batch(config);
  load_state(*networks.average_embedder, state_of(*networks.embedder), "the running average");
  load_state(*networks.average_generator, state_of(*networks.generator), "the running average");
  write_safetensors(place.path() / "weights.safetensors", latent_pose_state(networks));
  write_safetensors(place.path() / "batch.safetensors",
                    {{"identity_frames", batch.identity_frames},
                     {"pose_frame", batch.pose_frame},
                     {"target", batch.target},
                     {"target_mask", batch.target_mask},
                     {"label", batch.label},
                     {"pose_dropout", batch.pose_dropout}},
                    {{"format", "understudy.batch.v1"}, {"system", "latent_pose"}});
  const NamedTensors shown = replay(settings,
                                    {.weights = place.path() / "weights.safetensors",
                                     .perceptual = {},
                                     .batch = place.path() / "batch.safetensors",
                                     .iteration = 0});
  NamedTensors before;
  for (const auto& [name, tensor] : latent_pose_state(networks)) before.emplace_back(name, tensor.detach().clone());

  const Stepped found = step_once(settings, networks, batch);

  for (const auto& [name, value] : found.terms) {
    if (name != "total")
      EXPECT_NEAR(value, require_tensor(shown, "loss." + name, "replay").item<double>(), 1e-9) << name;
  }
  std::set<std::string> moved;
  for (const auto& [name, tensor] : found.state) {
    const bool unknown = std::string(GetParam()) == "finetune" && name.starts_with("embedder.") &&
                         find_tensor(shown, "buffer." + name) == nullptr;
    if (!tensor.equal(require_tensor(before, name, "before"))) moved.insert(name.substr(0, name.find('.')));
    if (unknown) {
      EXPECT_TRUE(tensor.equal(require_tensor(before, name, "before"))) << name << " belongs to no player";
    } else {
      EXPECT_TRUE(at::allclose(tensor.to(at::kDouble), replayed(shown, name).to(at::kDouble), 0, 1e-7)) << name;
    }
  }
  EXPECT_EQ(moved, (std::set<std::string>{"embedder", "generator", "discriminator", "average"}));
}

INSTANTIATE_TEST_SUITE_P(Stages, LatentPoseRecipeStep, testing::Values("meta", "finetune"));

class LatentPosePrepare : public testing::Test {
 protected:
  LatentPosePrepare() { at::set_num_threads(1); }

  static DataSet make_set(const std::filesystem::path& folder) {
    synthesize_set({.out = folder, .identities = 2, .clips = 3, .frames = 4, .size = 32});
    return DataSet::open(folder, {.masks = true});
  }

  LatentPoseBatch prepared(const Episode& episode, bool training) const {
    LatentPoseRecipe recipe(
        latent_pose_config(settings_), settings_.run, make_latent_pose_networks(latent_pose_config(settings_), 1), {});
    const EpisodeFrames frames = read_episode(set_, episode, recipe.episode());
    return latent_pose_batch(recipe.prepare(frames, {.training = training, .iteration = 0}));
  }

  TemporaryFolder place_;
  RunSettings settings_ = settings_of("meta");
  DataSet set_ = make_set(place_.path() / "set");
  Episode episode_{.sample = 3, .clip = 2, .video = 5, .frames = {{2, 0}, {2, 3}, {2, 1}}};
};

TEST_F(LatentPosePrepare, LabelsASampleWithItsVideo) {
  EXPECT_EQ(prepared(episode_, true).label.item<std::int64_t>(), 5);
  EXPECT_EQ(prepared(episode_, false).label.item<std::int64_t>(), 0) << "people of validation have no row";
}

TEST_F(LatentPosePrepare, DropsAFifthOfThePoseFeaturesKeyedByTheSample) {
  const at::Tensor factors = prepared(episode_, true).pose_dropout;
  EXPECT_TRUE(at::logical_or(factors == 0, factors == 1.25F).all().item<bool>());
  EXPECT_NEAR(factors.eq(0).to(at::kDouble).mean().item<double>(), 0.2, 0.05);
  EXPECT_TRUE(prepared(episode_, true).pose_dropout.equal(factors));
  episode_.sample = 4;
  EXPECT_FALSE(prepared(episode_, true).pose_dropout.equal(factors));
}

TEST_F(LatentPosePrepare, ShowsValidationAsItIs) {
  const LatentPoseBatch sample = prepared(episode_, false);
  EXPECT_TRUE(at::allclose(sample.target, sample.pose_frame * sample.target_mask, 0, 1e-6));
  const LatentPoseBatch trained = prepared(episode_, true);
  EXPECT_FALSE(trained.pose_frame.equal(sample.pose_frame)) << "training augments";
  EXPECT_TRUE(trained.identity_frames.equal(sample.identity_frames)) << "identity frames are never augmented";
}

TEST_F(LatentPosePrepare, ValidationMeasuresWhatTheAveragesDraw) {
  LatentPoseNetworks networks = make_latent_pose_networks(latent_pose_config(settings_), 1);
  LatentPoseRecipe recipe(latent_pose_config(settings_), settings_.run, networks, {});
  torch::manual_seed(5);
  const LatentPoseBatch batch = noise_batch(latent_pose_config(settings_));
  const MicroBatch micro{.iteration = 0, .index = 0, .episodes = std::vector<Episode>(3), .tensors = to_sample(batch)};
  const std::vector<std::vector<double>> rows = recipe.validate(micro);
  const at::NoGradGuard no_grad;
  const at::Tensor identity = networks.average_embedder->identity(batch.identity_frames.select(0, 1)).mean(0, true);
  const LatentPosePicture drawn =
      networks.average_generator->forward(identity, networks.average_embedder->pose(batch.pose_frame.narrow(0, 1, 1)));
  const at::Tensor difference = drawn.fake_rgbs.clamp(0, 1)[0].to(at::kDouble) - batch.target[1].to(at::kDouble);
  const double error = difference.square().mean().item<double>();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_NEAR(rows[1][0], -10.0 * std::log10(error), 1e-4);
  EXPECT_NEAR(rows[1][1], error, 1e-6);
  EXPECT_NEAR(rows[1][2], difference.abs().mean().item<double>(), 1e-6);
  EXPECT_NEAR(rows[1][3],
              (drawn.fake_segm[0].to(at::kDouble) - batch.target_mask[1].to(at::kDouble)).abs().mean().item<double>(),
              1e-6);
}

}  // namespace
}  // namespace understudy
