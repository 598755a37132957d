#include "trainer/recipes/latent_pose/latent_pose_person.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "checkpoints/named_tensors.h"
#include "common/errors.h"
#include "data_pipeline/synthetic_set.h"
#include "models/blocks/state.h"
#include "tests/support/temporary_folder.h"
#include "trainer/recipes/latent_pose/latent_pose_input.h"
#include "trainer/recipes/latent_pose/latent_pose_networks.h"
#include "trainer/recipes/latent_pose/latent_pose_reenactor.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

LatentPoseRecipeConfig tiny_config() {
  LatentPoseRecipeConfig config;
  config.model.image_size = 32;
  config.model.identities = 5;
  config.model.channels = 4;
  config.model.max_channels = 32;
  config.model.discriminator_blocks = 4;
  config.model.embedder.identity_size = 32;
  config.model.embedder.pose_size = 16;
  config.model.embedder.identity = {.width = 8, .groups = 4, .width_per_group = 2, .blocks = {1, 1, 1, 1}};
  config.model.embedder.pose.width_multiplier = 0.25;
  return config;
}

class PersonTest : public testing::Test {
 protected:
  PersonTest() {
    at::set_num_threads(1);
    load_state(*networks_.average_embedder, state_of(*networks_.embedder), "the running average");
    load_state(*networks_.average_generator, state_of(*networks_.generator), "the running average");
    synthesize_set({.out = place_.path() / "set", .identities = 2, .clips = 1, .frames = 5, .size = 40});
  }

  DataSet person(const FrameSelection& selection) const {
    return DataSet::open(place_.path() / "set", {.masks = true}, {}, selection);
  }

  TemporaryFolder place_;
  LatentPoseRecipeConfig many_ = tiny_config();
  LatentPoseNetworks networks_ = make_latent_pose_networks(many_, 3);
};

TEST_F(PersonTest, HasTheMeanOfTheIdentitiesOfAllFrames) {
  const at::NoGradGuard no_grad;
  const DataSet everyone = person({});
  const std::string name = everyone.identities()[1].name;
  const at::Tensor found = mean_identity(*networks_.embedder, person({.identity = name, .held_out = 0.2}), many_);
  at::Tensor sum = at::zeros({1, 32}, at::kDouble);
  for (std::uint32_t frame = 0; frame < 4; ++frame) {
    const Picture picture = everyone.decode_frame({1, frame});
    sum += networks_.embedder->identity(latent_pose_input({&picture, 1}, many_)).to(at::kDouble);
  }
  EXPECT_LT((found - sum / 4).abs().max().item<double>(), 1e-6);
}

TEST_F(PersonTest, BeginsWithTheRawGeneratorAndTheAverageOfTheEmbedder) {
  {
    const at::NoGradGuard no_grad;
    for (at::Tensor parameter : networks_.average_embedder->parameters()) parameter.mul_(1.01);
    for (at::Tensor parameter : networks_.average_generator->parameters()) parameter.mul_(1.01);
  }
  const std::unique_ptr<RecipeConfig> config = many_.for_one_person();
  const auto& one = dynamic_cast<const LatentPoseRecipeConfig&>(*config);
  const DataSet set = person({.identity = person({}).identities()[0].name});
  const NamedTensors many = latent_pose_state(networks_);
  const NamedTensors state = one.personal_state({}, many, set);
  const at::Tensor identity = mean_identity(*networks_.average_embedder, set, one).to(at::kFloat);
  EXPECT_TRUE(at::equal(require_tensor(state, "generator.identity_embedding", ""), identity));
  EXPECT_TRUE(at::equal(require_tensor(state, "average.generator.identity_embedding", ""), identity));
  EXPECT_TRUE(at::equal(require_tensor(state, "discriminator.embed.weight_orig", ""), identity));
  for (const auto& [name, tensor] : state) {
    if (name.find("identity_embedding") != std::string::npos || name.starts_with("discriminator.embed.")) continue;
    // The generator's running average begins anew.
    const std::string source = name.starts_with("average.generator.") ? name.substr(8) : name;
    EXPECT_TRUE(at::equal(tensor, require_tensor(many, source, ""))) << name;
  }
}

TEST_F(PersonTest, NamesANetworkThatIsMissing) {
  const std::unique_ptr<RecipeConfig> one = many_.for_one_person();
  const NamedTensors bare = without_group(latent_pose_state(networks_), "discriminator");
  EXPECT_THAT([&] { one->personal_state({}, bare, person({})); },
              ThrowsMessage<CheckpointError>(HasSubstr("the discriminator of many people")));
}

/// Of the networks of many people, then of one.
class LatentPoseReenactorTest : public PersonTest {
 protected:
  std::vector<Picture> frames() const {
    const DataSet set = person({});
    return {set.decode_frame({0, 0}), set.decode_frame({0, 1}), set.decode_frame({1, 2})};
  }
};

TEST_F(LatentPoseReenactorTest, DrawsWithTheRunningAverages) {
  const at::NoGradGuard no_grad;
  for (at::Tensor parameter : networks_.average_generator->parameters()) parameter.mul_(1.05);
  LatentPoseReenactor reenactor(many_, latent_pose_state(networks_));
  EXPECT_EQ(reenactor.sources_wanted(), 8);
  const std::vector<Picture> pictures = frames();
  reenactor.set_sources({pictures.data(), 2});
  const AnimatedFrames found = reenactor.render(pictures, {});
  const at::Tensor input = latent_pose_input(pictures, many_);
  const at::Tensor identity = networks_.average_embedder->identity(input.slice(0, 0, 2)).mean(0, true);
  const LatentPosePicture wanted =
      networks_.average_generator->forward(identity.expand({3, -1}), networks_.average_embedder->pose(input));
  EXPECT_LT((found.pictures - wanted.fake_rgbs.clamp(0, 1)).abs().max().item<double>(), 1e-6);
  EXPECT_LT((found.masks - wanted.fake_segm).abs().max().item<double>(), 1e-6);
}

TEST_F(LatentPoseReenactorTest, DrawsABatchAsItsFramesOneByOne) {
  many_.precision = Precision::kFloat64;  // instance norms of a fresh generator enlarge roundings a hundredfold each
  LatentPoseReenactor reenactor(many_, latent_pose_state(networks_));
  const std::vector<Picture> pictures = frames();
  reenactor.set_sources(pictures);
  const AnimatedFrames together = reenactor.render(pictures, {});
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const AnimatedFrames alone = reenactor.render({&pictures[i], 1}, {});
    EXPECT_LT((alone.pictures[0] - together.pictures[static_cast<std::int64_t>(i)]).abs().max().item<double>(), 1e-5);
  }
}

TEST_F(LatentPoseReenactorTest, DrawsThePersonThatTheWeightsHold) {
  const std::unique_ptr<RecipeConfig> config = many_.for_one_person();
  const auto& one = dynamic_cast<const LatentPoseRecipeConfig&>(*config);
  const DataSet set = person({.identity = person({}).identities()[0].name});
  LatentPoseReenactor tuned(one, one.personal_state({}, latent_pose_state(networks_), set));
  EXPECT_EQ(tuned.sources_wanted(), 0);
  const std::vector<Picture> pictures = frames();
  EXPECT_THROW(tuned.set_sources(pictures), ConfigError);
  LatentPoseReenactor given(many_, latent_pose_state(networks_));
  std::vector<Picture> own;
  for (std::uint32_t frame = 0; frame < 5; ++frame) own.push_back(set.decode_frame({0, frame}));
  given.set_sources(own);
  const at::Tensor difference = tuned.render(pictures, {}).pictures - given.render(pictures, {}).pictures;
  EXPECT_LT(difference.abs().max().item<double>(), 1e-5);
}

}  // namespace
}  // namespace understudy
