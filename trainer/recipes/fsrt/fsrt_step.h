#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/autocast.h"
#include "models/blocks/vgg19.h"
#include "models/fsrt/fsrt_networks.h"
#include "trainer/recipes/fsrt/fsrt_batch.h"
#include "trainer/recipes/fsrt/fsrt_recipe_config.h"

namespace understudy {

/// Which losses and which queries an iteration has.
struct FsrtPhase {
  bool whole_picture = false;  ///< Phases II and III: all pixels are predicted, the sampled ones with gradient
  bool perceptual = false;
  bool adversarial = false;    ///< the generator sees the discriminator
  bool discriminator = false;  ///< the discriminator is trained

  static FsrtPhase at(const FsrtPhaseConfig& config, Iteration iteration);
};

/// Expression vectors of one micro-batch, [b, s, e] and [b, e] (FSRT section 3.2).
struct FsrtExpressions {
  at::Tensor source_a1;
  at::Tensor source_a2;
  at::Tensor driving_plain;
  at::Tensor driving_face_a3;
  at::Tensor selected;  ///< what the decoder gets

  /// [b, 2 (s + 1), e]: first set E1 (sources A1, plain driving), then E2 (sources A2, driving A3).
  at::Tensor rows() const;
};

/// What one forward pass of the generator computed.
struct FsrtPass {
  at::Tensor source_keypoints;   ///< [b, s, k, 2] as given to the encoder
  at::Tensor driving_keypoints;  ///< [b, k, 2] as given to the decoder
  FsrtExpressions expressions;
  at::Tensor tokens;      ///< [b, s t, width]
  at::Tensor prediction;  ///< [b, p, 3] in Phase I, else [b, 3, n, n]; not clamped
  at::Tensor target;      ///< the same shape
};

/// Terms of the generator's loss. `total` carries the graph; the others are values as officially logged.
struct FsrtGeneratorLoss {
  at::Tensor total;
  std::vector<Term> terms;
};

/// Answers and loss of the discriminator's own step.
struct FsrtDiscriminatorLoss {
  at::Tensor total;
  at::Tensor prediction_map;
  at::Tensor target_map;
};

/// FSRT's training step (srt/trainer.py: compute_loss, train_step), without optimisers and without ranks. Detector,
/// expression network and losses keep the weights' precision whatever the products of the others compute in.
class FsrtStep {
 public:
  /// @param vgg  may be null where no perceptual loss is wanted
  FsrtStep(const FsrtRecipeConfig& config,
           const BatchLayout& layout,
           FsrtNetworks networks,
           std::shared_ptr<Vgg19> vgg);

  /// Keypoints and expression vectors of all pictures of the step, from one pass of the detector; fills the first
  /// members of an FsrtPass. With gradients on, the expression vectors carry a graph.
  FsrtPass extract(const FsrtBatch& batch) const;

  /// Encodes and decodes on top of `extract`. With bfloat16 products the tokens are bfloat16, the prediction is not.
  void predict(const FsrtBatch& batch, const FsrtPhase& phase, FsrtPass& pass) const;

  FsrtGeneratorLoss generator_loss(const FsrtPass& pass, const FsrtPhase& phase, const CoupledGroup& group) const;
  FsrtDiscriminatorLoss discriminator_loss(const FsrtPass& pass) const;

  /// Mean squared error of each sample over pixels and channels, [b], and the perceptual loss, for validation.
  at::Tensor pixel_errors(const FsrtPass& pass) const;
  at::Tensor perceptual_error(const FsrtPass& pass) const;

 private:
  /// What the networks' products compute in while it lives.
  ProductsScope products() const;
  /// VGG-19's taps and the discriminator's answers in the weights' precision, in which losses are taken.
  std::vector<at::Tensor> perceptual_features(const at::Tensor& pictures) const;
  std::vector<Judgement> judge(const at::Tensor& pictures, const at::Tensor& keypoints) const;

  at::Tensor regularization(const FsrtPass& pass, const CoupledGroup& group, std::vector<Term>& terms) const;
  at::Tensor adversarial(const FsrtPass& pass, std::vector<Term>& terms) const;

  const FsrtRecipeConfig& config_;
  BatchLayout layout_;
  FsrtNetworks networks_;
  std::shared_ptr<Vgg19> vgg_;
};

}  // namespace understudy
