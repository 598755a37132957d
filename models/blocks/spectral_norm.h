#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "models/blocks/layers.h"

namespace understudy {

/// Convolution, with its weight divided by its largest singular value if asked for (Miyato et al. 2018). Spectrally
/// normed layers have the parameters bias, weight_orig and the buffers weight_u, weight_v, as PyTorch's spectral_norm.
class DiscriminatorConv : public torch::nn::Module {
 public:
  DiscriminatorConv(const ConvShape& shape, bool spectral_norm);
  /// Uses weight_u and weight_v as they are; never changes them.
  at::Tensor forward(const at::Tensor& input) const;
  /// One power iteration (v = W^T u, u = W v, each scaled to length 1); nothing without spectral norm.
  void iterate_power();

 private:
  at::Tensor weight() const;

  ConvShape shape_;
  bool spectral_norm_;
  at::Tensor bias_;
  at::Tensor weight_;
  at::Tensor u_;
  at::Tensor v_;
};

}  // namespace understudy
