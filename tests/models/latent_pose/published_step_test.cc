// Generator and discriminator together against one training step of the published code on weights by formula.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/models/latent_pose/golden_networks.h"
#include "tests/support/golden_expectations.h"

namespace understudy {
namespace {

struct Losses {
  at::Tensor adversarial_generator;
  at::Tensor feature_matching;
  at::Tensor dice;
  at::Tensor adversarial_discriminator;
};

/// One step's forward passes in the order in which the discriminator has iterated for them.
struct PublishedStep {
  PublishedStep() {
    golden::fill_by_name(generator);
    golden::fill_by_name(discriminator);
    generator.iterate_power();
    discriminator.iterate_power();
    const at::Tensor label_embedding = discriminator.label_embedding(at::tensor({3, 97}, at::kLong));
    vectors = label_embedding.detach();
    picture = generator.forward(golden::identity(), golden::pose());
    {
      const Frozen frozen(discriminator);
      fake = discriminator.forward(picture.fake_rgbs, vectors, SpectralPass::kFakeForGenerator);
    }
    detached = discriminator.forward(picture.fake_rgbs.detach(), vectors, SpectralPass::kFakeForDiscriminator);
    real = discriminator.forward(golden::real_pictures(), label_embedding, SpectralPass::kReal);
  }

  Losses losses() const {
    Losses losses;
    losses.adversarial_generator = -fake.scores.mean();
    losses.feature_matching = at::zeros({});
    for (std::size_t i = 0; i < fake.features.size(); ++i) {
      losses.feature_matching += (fake.features[i] - real.features[i].detach()).abs().mean() * (10.0 / 7.0);
    }
    const at::Tensor mask = golden::real_mask().expand({-1, 3, -1, -1});
    const at::Tensor& segm = picture.fake_segm;
    losses.dice = -at::log((2 * segm * mask).sum() / (segm.square().sum() + mask.square().sum()));
    losses.adversarial_discriminator = at::relu(1 - real.scores).mean() + at::relu(1 + detached.scores).mean();
    return losses;
  }

  LatentPoseGenerator generator{LatentPoseGeneratorConfig{}};
  ProjectionDiscriminator discriminator{golden::discriminator_of_100_labels()};
  at::Tensor vectors;
  LatentPosePicture picture;
  ProjectionJudgement fake;
  ProjectionJudgement detached;
  ProjectionJudgement real;
};

void expect_published_judgements(const PublishedStep& step) {
  golden::expect_entries(step.fake.scores, {-0.288567, 1.691617});
  golden::expect_entries(step.detached.scores, {-0.313083, 1.424608});
  golden::expect_entries(step.real.scores, {-0.328104, 1.340884});
  golden::expect_entries(step.vectors[0], {0.0698339, 0.0538136, 0.0437036});
  golden::expect_entries(step.vectors[1], {0.0251324, 0.0289834, -0.0042591});
  const double fake_means[] = {0.0551070, 0.0457588, 0.0372975, 0.0452692, 0.0457196, 0.0436911, 0.0461107};
  const double real_means[] = {0.0485119, 0.0402357, 0.0345016, 0.0413318, 0.0413524, 0.0393382, 0.0412002};
  ASSERT_EQ(step.fake.features.size(), 7U);
  for (std::size_t i = 0; i < 7; ++i) {
    golden::expect_relative(step.fake.features[i].mean(), fake_means[i]);
    golden::expect_relative(step.real.features[i].mean(), real_means[i]);
  }
  const auto buffers = step.discriminator.named_buffers();
  golden::expect_entries(buffers["linear.weight_v"], {0.06204766, -0.07174980});
  golden::expect_entries(buffers["down_block.0.weight_u"], {0.02430412, 0.01669877});
  golden::expect_entries(buffers["embed.weight_v"], {-0.03112673, 0.04157332});
}

void expect_published_losses(const PublishedStep& step, const Losses& losses) {
  golden::expect_relative(losses.adversarial_generator, -0.7015251);
  golden::expect_relative(losses.adversarial_discriminator, 2.2198145);
  golden::expect_relative(losses.feature_matching, 0.1112975);
  golden::expect_relative(losses.dice, -0.2711505);
  const at::Tensor elements = golden::named_symmetric("input.embeds_elemwise", {2, 8, 512});
  golden::expect_relative((elements.select(1, 0) - step.vectors).abs().mean() * 1e-2, 0.0048487);
}

void expect_published_generator_gradients(const LatentPoseGenerator& generator) {
  golden::expect_gradient_norm(generator, "constant.constant", 0.003182106);
  golden::expect_gradient_norm(generator, "decoder_blocks.0.block.3.weight_orig", 2.707068e-4);
  golden::expect_gradient_norm(generator, "decoder_blocks.5.block.4.weight_orig", 7.494023e-4);
  golden::expect_gradient_norm(generator, "decoder_blocks.10.weight_orig", 0.04557917);
  golden::expect_gradient_norm(generator, "affine_params_projector.0.weight_orig", 0.02082941);
  golden::expect_gradient_norm(generator, "affine_params_projector.2.bias", 0.2376173);
}

void expect_published_discriminator_gradients(const ProjectionDiscriminator& discriminator) {
  golden::expect_gradient_norm(discriminator, "down_block.0.weight_orig", 0.04757228);
  golden::expect_gradient_norm(discriminator, "blocks.3.block.2.weight_orig", 0.2184154);
  golden::expect_gradient_norm(discriminator, "blocks.5.block.5.bias", 7.945128);
  golden::expect_gradient_norm(discriminator, "linear.weight_orig", 1.345984);
  golden::expect_gradient_norm(discriminator, "embed.weight_orig", 1.142955);
  const at::Tensor rows = discriminator.named_parameters()["embed.weight_orig"].grad();
  golden::expect_relative(rows[3].norm(), 1.14287);
  golden::expect_relative(rows[50].norm(), 0.00203157);
  golden::expect_relative(rows[97].norm(), 0.00154338);
}

// One test, because the passes take seconds.
TEST(PublishedStep, HasThePublishedScoresLossesAndGradients) {
  const PublishedStep step;
  expect_published_judgements(step);
  const Losses losses = step.losses();
  expect_published_losses(step, losses);
  (losses.adversarial_generator + losses.feature_matching + losses.dice).backward();
  for (const at::Tensor& parameter : step.discriminator.parameters()) EXPECT_FALSE(parameter.grad().defined());
  expect_published_generator_gradients(step.generator);
  losses.adversarial_discriminator.backward();
  expect_published_discriminator_gradients(step.discriminator);
}

}  // namespace
}  // namespace understudy
