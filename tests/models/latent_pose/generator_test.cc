#include "models/latent_pose/generator.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/autocast.h"
#include "models/blocks/initialization.h"
#include "tests/models/latent_pose/golden_networks.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

LatentPoseGeneratorConfig small_size() {
  LatentPoseGeneratorConfig config;
  config.image_size = 16;
  config.channels = 4;
  config.max_channels = 8;
  config.identity_size = 6;
  config.pose_size = 5;
  return config;
}

NamedTensors copy_of(const NamedTensors& state) {
  NamedTensors copy;
  for (const auto& [name, tensor] : state) copy.emplace_back(name, tensor.detach().clone());
  return copy;
}

std::vector<std::string> expected_names() {
  std::vector<std::string> names{"constant.constant"};
  const auto add = [&](const std::string& layer, bool bias) {
    if (bias) names.push_back(layer + ".bias");
    for (const char* part : {".weight_orig", ".weight_u", ".weight_v"}) names.push_back(layer + part);
  };
  for (int i = 0; i < 8; ++i) {
    const std::string block = "decoder_blocks." + std::to_string(i);
    add(block + (i < 2 ? ".block.3" : ".block.4"), false);
    add(block + (i < 2 ? ".block.7" : ".block.8"), false);
    if (i >= 2) add(block + ".skip.1", true);
  }
  for (const char* layer : {"decoder_blocks.10", "affine_params_projector.0", "affine_params_projector.2"}) {
    add(layer, true);
  }
  return names;
}

TEST(LatentPoseGenerator, HasThePublishedNamesAndShapes) {
  LatentPoseGenerator generator{LatentPoseGeneratorConfig{}};
  EXPECT_EQ(parameter_count(generator), 37516996);
  EXPECT_EQ(generator.parameters().size(), 35U);
  const NamedTensors state = state_of(generator);
  const std::vector<std::string> names = expected_names();
  ASSERT_EQ(names.size(), 85U);
  ASSERT_EQ(state.size(), 85U);
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(state[i].first, names[i]);
  const auto parameters = generator.named_parameters();
  EXPECT_EQ(parameters["decoder_blocks.7.block.4.weight_orig"].sizes(), (at::IntArrayRef{64, 128, 3, 3}));
  EXPECT_EQ(parameters["decoder_blocks.4.skip.1.weight_orig"].sizes(), (at::IntArrayRef{512, 512, 1, 1}));
  EXPECT_EQ(parameters["affine_params_projector.2.weight_orig"].sizes(), (at::IntArrayRef{13056, 768}));
}

TEST(LatentPoseGenerator, ReproducesThePublishedNetwork) {
  LatentPoseGenerator generator{LatentPoseGeneratorConfig{}};
  golden::fill_by_name(generator);
  generator.iterate_power();
  const at::NoGradGuard no_grad;
  const LatentPosePicture picture = generator.forward(golden::identity(), golden::pose());
  const at::Tensor& affine = picture.affine_parameters;
  golden::expect_relative(affine.mean(), -0.0010251, 1e-4);
  golden::expect_relative(affine.std(false), 0.0891887);
  golden::expect_relative(affine[0][0], -0.1704702);
  golden::expect_relative(affine[0][13055], -0.0427561);
  golden::expect_relative(affine[1][512], -0.0547427);
  const at::Tensor& rgbs = picture.fake_rgbs;
  golden::expect_relative(rgbs.mean(), 0.3144483);
  golden::expect_relative(rgbs.std(false), 0.0309582);
  golden::expect_relative(rgbs[0][0][0][0], 0.3264419);
  golden::expect_relative(rgbs[0][1][128][128], 0.3007001);
  golden::expect_relative(rgbs[1][2][255][255], 0.3395207);
  EXPECT_EQ(picture.fake_segm.sizes(), (at::IntArrayRef{2, 1, 256, 256}));
  golden::expect_relative(picture.fake_segm.mean(), 0.5886113);
  golden::expect_relative(picture.fake_segm[0][0][0][0], 0.5602724);
}

TEST(LatentPoseGenerator, ChangesNoTensorInAForwardPass) {
  LatentPoseGenerator generator{small_size()};
  initialize(generator, 3, "generator");
  generator.iterate_power();
  const NamedTensors before = copy_of(state_of(generator));
  generator.forward(at::ones({2, 6}), at::ones({2, 5}));
  const NamedTensors after = state_of(generator);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(at::equal(before[i].second, after[i].second)) << before[i].first;
  }
  generator.iterate_power();
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string& name = before[i].first;
    const bool moves = name.ends_with("weight_u") || name.ends_with("weight_v");
    EXPECT_NE(at::equal(before[i].second, after[i].second), moves) << name;
  }
}

TEST(LatentPoseGenerator, DrawsEverySampleFromItsOwnVectors) {
  LatentPoseGenerator generator{small_size()};
  initialize(generator, 3, "generator");
  convert_precision(generator, at::kDouble);
  const at::Tensor identity = golden::named_symmetric("identity", {2, 6}).to(at::kDouble);
  const at::Tensor pose = golden::named_symmetric("pose", {2, 5}).to(at::kDouble);
  const LatentPosePicture both = generator.forward(identity, pose);
  const LatentPosePicture second = generator.forward(identity.narrow(0, 1, 1), pose.narrow(0, 1, 1));
  EXPECT_EQ(both.fake_rgbs.sizes(), (at::IntArrayRef{2, 3, 16, 16}));
  EXPECT_EQ(both.fake_rgbs.scalar_type(), at::kDouble);
  EXPECT_LT(golden::relative_difference(both.fake_rgbs[1], second.fake_rgbs[0]), 1e-12);
  EXPECT_GT(golden::relative_difference(both.fake_rgbs[0], second.fake_rgbs[0]), 1e-6);
}

TEST(LatentPoseGenerator, KeepsAnIdentityOfItsOwnAsItsFirstParameter) {
  LatentPoseGenerator generator{LatentPoseGeneratorConfig{}};
  generator.set_identity(golden::identity()[0]);
  const NamedTensors state = state_of(generator);
  ASSERT_EQ(state.size(), 86U);
  EXPECT_EQ(state[0].first, "identity_embedding");
  EXPECT_EQ(state[0].second.sizes(), (at::IntArrayRef{1, 512}));
  EXPECT_TRUE(generator.parameters()[0].is_same(state[0].second));
  EXPECT_EQ(parameter_count(generator), 37516996 + 512);
}

TEST(LatentPoseGenerator, DrawsItsOwnIdentityInEveryPose) {
  LatentPoseGenerator generator{small_size()};
  initialize(generator, 3, "generator");
  const at::Tensor identity = golden::named_symmetric("identity", {1, 6});
  const at::Tensor pose = golden::named_symmetric("pose", {2, 5});
  EXPECT_FALSE(generator.has_identity());
  generator.set_identity(at::zeros({6}));
  generator.set_identity(identity);
  const at::Tensor own = generator.forward(pose).fake_rgbs;
  EXPECT_TRUE(at::equal(own, generator.forward(identity.expand({2, -1}), pose).fake_rgbs));
  own.sum().backward();
  EXPECT_GT(generator.parameters()[0].grad().norm().item<double>(), 0.0);
}

TEST(LatentPoseGenerator, StartsFromOnesAndPyTorchsDefaults) {
  LatentPoseGenerator generator{small_size()};
  initialize(generator, 3, "generator");
  const auto parameters = generator.named_parameters();
  EXPECT_TRUE(at::equal(parameters["constant.constant"], at::ones({1, 8, 4, 4})));
  const double bound = 1.0 / std::sqrt(11.0);
  EXPECT_LE(parameters["affine_params_projector.0.weight_orig"].abs().max().item<double>(), bound);
  EXPECT_GT(parameters["affine_params_projector.0.bias"].abs().max().item<double>(), 0.9 * bound);
  EXPECT_NEAR(generator.named_buffers()["decoder_blocks.0.block.3.weight_v"].norm().item<double>(), 1.0, 1e-6);
}

TEST(LatentPoseGenerator, StaysNearItselfInBfloat16Products) {
  LatentPoseGenerator generator{small_size()};
  initialize(generator, 3, "generator");
  const at::Tensor identity = golden::named_symmetric("identity", {2, 6});
  const at::Tensor pose = golden::named_symmetric("pose", {2, 5});
  const at::Tensor exact = generator.forward(identity, pose).fake_rgbs;
  const ProductsScope scope(at::kCPU, Products::kBfloat16);
  const LatentPosePicture rough = generator.forward(identity, pose);
  EXPECT_LT(golden::relative_difference(rough.fake_rgbs, exact), 0.03);
  EXPECT_EQ(rough.affine_parameters.scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace understudy
