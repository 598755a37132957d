#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/layers.h"
#include "models/blocks/spectral_norm.h"
#include "models/latent_pose/discriminator_config.h"

namespace understudy {

/// Residual block of the projection discriminator, without norms. Its published form begins with a ReLU in place, which
/// changes what its shortcut and the list of features see; here that ReLU stands before the block.
class DiscriminatorBlock : public torch::nn::Module {
 public:
  DiscriminatorBlock(std::int64_t inputs, std::int64_t outputs, bool halves);
  /// @param activated  [n, inputs, h, w], after the ReLU  @return [n, outputs, h, w], of a down-block half as high and
  /// wide
  at::Tensor forward(const at::Tensor& activated, SpectralPass pass) const;
  void iterate_power();

 private:
  std::shared_ptr<SpectralConv2d> first_;
  std::shared_ptr<SpectralConv2d> second_;
  std::shared_ptr<SpectralConv2d> skip_;  // of down-blocks
};

/// What the discriminator says of a batch.
struct ProjectionJudgement {
  at::Tensor scores;                 ///< [n], no sigmoid (hinge loss)
  std::vector<at::Tensor> features;  ///< one [n, c, h, w] a block; after the next block's ReLU, the last before any
};

/// Projection discriminator of latent pose descriptors (Burkov et al. 2020): a score is the inner product of a
/// picture's features with its label's vector, plus a score of the picture alone.
class ProjectionDiscriminator : public torch::nn::Module {
 public:
  explicit ProjectionDiscriminator(const LatentPoseDiscriminatorConfig& config);
  /// Effective vectors of the labels, computed once for all passes of a micro-batch. Only the pass on real pictures
  /// takes them with their graph; the others get them detached.
  /// @param labels  [n], int64  @return [n, identity_size]
  at::Tensor label_embedding(const at::Tensor& labels) const;
  /// @param images  [n, 3, image_size, image_size]  @param label_embedding  [n, identity_size]
  ProjectionJudgement forward(const at::Tensor& images,
                              const at::Tensor& label_embedding,
                              SpectralPass pass = SpectralPass::kStored) const;

  /// Once an iteration before its micro-batches: one power iteration for each of the three passes, one for the labels.
  void iterate_power();

  /// Replaces the labels' matrix by one row, of which label_embedding gives the unit vector: fine-tuning to one person.
  /// @param embedding  identity_size numbers
  void set_identity(const at::Tensor& embedding);

 private:
  at::Tensor first_stage(const at::Tensor& images, SpectralPass pass) const;

  LatentPoseDiscriminatorConfig config_;
  std::shared_ptr<SpectralConv2d> first_;
  std::shared_ptr<SpectralConv2d> second_;
  std::shared_ptr<SpectralConv2d> skip_;
  std::vector<std::shared_ptr<DiscriminatorBlock>> blocks_;
  std::shared_ptr<SpectralLinear> linear_;
  std::shared_ptr<SpectralEmbedding> embed_;
};

/// The published start: PyTorch's defaults by keyed draws, and labels' vectors uniform in +-0.1.
void initialize(ProjectionDiscriminator& discriminator, std::uint64_t seed, std::string_view name);

}  // namespace understudy
