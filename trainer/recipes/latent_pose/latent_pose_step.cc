#include "trainer/recipes/latent_pose/latent_pose_step.h"

#include <ATen/ATen.h>

#include "losses/adversarial.h"
#include "losses/dice_loss.h"
#include "losses/embedding_match.h"
#include "losses/hinge_loss.h"
#include "losses/perceptual.h"

namespace understudy {
namespace {

/// [b, k, ...] as [b k, ...].
at::Tensor folded(const at::Tensor& frames) {
  return frames.flatten(0, 1);
}

}  // namespace

LatentPoseStep::LatentPoseStep(const LatentPoseRecipeConfig& config,
                               LatentPoseNetworks networks,
                               LatentPosePerceptual perceptual)
    : config_(config), networks_(std::move(networks)), perceptual_(std::move(perceptual)) {}

LatentPosePass LatentPoseStep::forward(const LatentPoseBatch& batch) const {
  LatentPosePass pass;
  if (meta()) {
    const std::int64_t frames = batch.identity_frames.size(1);
    const at::Tensor all = networks_.embedder->identity_training(folded(batch.identity_frames), pass.statistics);
    pass.frame_identities = all.view({batch.samples(), frames, -1});
    pass.identity = aggregate_descriptors(all, frames, config_.model.aggregation);
  }
  pass.pose = networks_.embedder->pose_training(batch.pose_frame, batch.pose_dropout, pass.statistics);
  pass.picture =
      meta() ? networks_.generator->forward(pass.identity, pass.pose) : networks_.generator->forward(pass.pose);
  const ProjectionDiscriminator& discriminator = *networks_.discriminator;
  pass.label = discriminator.label_embedding(batch.label).detach();
  pass.fake = discriminator.forward(pass.picture.fake_rgbs, pass.label, SpectralPass::kFakeForGenerator);
  if (config_.losses.feature_matching_weight > 0) {
    const at::NoGradGuard no_grad;
    pass.real_features = discriminator.forward(batch.target, pass.label, SpectralPass::kReal).features;
  }
  return pass;
}

LatentPoseGeneratorLoss LatentPoseStep::generator_loss(const LatentPoseBatch& batch, const LatentPosePass& pass) const {
  const LatentPoseLossConfig& weights = config_.losses;
  LatentPoseGeneratorLoss loss;
  const auto add = [&loss](const char* name, const at::Tensor& term) {
    loss.total = loss.total.defined() ? loss.total + term : term;
    loss.terms.emplace_back(name, term.item<double>());
  };
  const at::Tensor& picture = pass.picture.fake_rgbs;
  if (perceptual_.face) {
    add("VGGFace",
        perceptual_loss(perceptual_.face->forward(vgg_face_crop(picture)),
                        perceptual_.face->forward(vgg_face_crop(batch.target)),
                        weights.face_weight));
  }
  if (perceptual_.vgg) {
    add("VGG",
        perceptual_loss(
            perceptual_.vgg->forward(picture), perceptual_.vgg->forward(batch.target), weights.perceptual_weight));
  }
  if (weights.l1_weight > 0) add("l1_rgb", weights.l1_weight * at::l1_loss(picture, batch.target));
  if (weights.adversarial_weight > 0)
    add("adversarial_G", weights.adversarial_weight * generator_hinge_loss(pass.fake.scores));
  if (weights.feature_matching_weight > 0) {
    add("feature_matching",
        mean_feature_matching_loss(pass.real_features, pass.fake.features, weights.feature_matching_weight));
  }
  if (meta() && weights.embedding_match_weight > 0) {
    add("embedding_matching",
        weights.embedding_match_weight * embedding_match_loss(pass.frame_identities.select(1, 0), pass.label));
  }
  if (weights.dice_weight > 0) {
    const at::Tensor three_masks = batch.target_mask.expand({-1, 3, -1, -1});
    add("segmentation_dice", weights.dice_weight * dice_loss(pass.picture.fake_segm, three_masks));
  }
  loss.terms.emplace_back("total", loss.total.item<double>());
  return loss;
}

LatentPoseDiscriminatorLoss LatentPoseStep::discriminator_loss(const LatentPoseBatch& batch,
                                                               const LatentPosePass& pass) const {
  const ProjectionDiscriminator& discriminator = *networks_.discriminator;
  const at::Tensor label = discriminator.label_embedding(batch.label);
  const at::Tensor picture = pass.picture.fake_rgbs.detach();
  LatentPoseDiscriminatorLoss loss;
  loss.fake_scores = discriminator.forward(picture, label.detach(), SpectralPass::kFakeForDiscriminator).scores;
  loss.real_scores = discriminator.forward(batch.target, label, SpectralPass::kReal).scores;
  loss.total = discriminator_hinge_loss(loss.real_scores, loss.fake_scores);
  return loss;
}

LatentPosePicture LatentPoseStep::shown(const LatentPoseBatch& batch) const {
  const at::NoGradGuard no_grad;
  const Embedder& embedder = *networks_.average_embedder;
  const at::Tensor pose = embedder.pose(batch.pose_frame);
  if (!meta()) return networks_.average_generator->forward(pose);
  const at::Tensor identity = aggregate_descriptors(
      embedder.identity(folded(batch.identity_frames)), batch.identity_frames.size(1), config_.model.aggregation);
  return networks_.average_generator->forward(identity, pose);
}

}  // namespace understudy
