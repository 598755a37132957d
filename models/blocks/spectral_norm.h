#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/layers.h"

namespace understudy {

/// Which pair of power-iteration vectors a forward pass divides its weights with. A discriminator that sees three
/// batches an iteration has iterated once before each of them.
enum class SpectralPass : std::size_t {
  kStored = 0,  ///< the buffers weight_u and weight_v as they are: validation, inference, networks with one pass
  kFakeForGenerator = 1,
  kFakeForDiscriminator = 2,
  kReal = 3,
};
constexpr std::size_t kDiscriminatorPasses = 3;

/// A weight divided by its largest singular value (Miyato et al. 2018) as PyTorch's spectral_norm computes it: of the
/// weight as a matrix [first dimension, rest], sigma = u^T W v with a gradient through W, while u and v are constants.
/// Registers the parameter weight_orig and the buffers weight_u and weight_v with the layer that owns it.
class SpectralWeight {
 public:
  /// @param owner  of the same lifetime  @param epsilon  the least length by which the power iteration divides
  SpectralWeight(torch::nn::Module& owner, at::IntArrayRef sizes, double epsilon);
  /// Makes the pairs of the coming passes, each one power iteration (v = W^T u, u = W v, each scaled to length 1) after
  /// the one before, and leaves the last in the buffers. Forward passes change neither.
  void iterate_power(std::size_t passes = 1);
  /// The weight before the division.
  const at::Tensor& original() const { return weight_; }
  /// @throws std::out_of_range  when the latest iterate_power made no pair for the pass
  at::Tensor sigma(SpectralPass pass) const;
  at::Tensor normed(SpectralPass pass) const { return weight_ / sigma(pass); }

 private:
  struct Pair {
    at::Tensor u;
    at::Tensor v;
  };
  Pair pair(SpectralPass pass) const;

  double epsilon_;
  at::Tensor weight_;
  at::Tensor u_;
  at::Tensor v_;
  std::vector<Pair> pairs_;  // of the latest iterate_power; part of no state: every iteration makes them anew
};

/// 2-D convolution with a spectrally normed weight; parameters bias (unless left out), weight_orig.
class SpectralConv2d : public torch::nn::Module {
 public:
  SpectralConv2d(const ConvShape& shape, double epsilon);
  at::Tensor forward(const at::Tensor& input, SpectralPass pass = SpectralPass::kStored) const;
  void iterate_power(std::size_t passes = 1) { weight_.iterate_power(passes); }

 private:
  ConvShape shape_;
  at::Tensor bias_;
  SpectralWeight weight_;
};

/// y = x W^T + b with a spectrally normed W; parameters bias, weight_orig. Computes in the number type of its weight.
class SpectralLinear : public torch::nn::Module {
 public:
  SpectralLinear(std::int64_t inputs, std::int64_t outputs, double epsilon);
  at::Tensor forward(const at::Tensor& input, SpectralPass pass = SpectralPass::kStored) const;
  void iterate_power(std::size_t passes = 1) { weight_.iterate_power(passes); }

 private:
  at::Tensor bias_;
  SpectralWeight weight_;
};

/// Rows of a spectrally normed matrix weight_orig [rows, width]: one sigma for all rows, so that every row has a
/// gradient. A matrix of one row gives the unit vector of that row.
class SpectralEmbedding : public torch::nn::Module {
 public:
  SpectralEmbedding(std::int64_t rows, std::int64_t width, double epsilon);
  /// @param rows  [n], int64  @return [n, width]
  at::Tensor forward(const at::Tensor& rows, SpectralPass pass = SpectralPass::kStored) const;
  void iterate_power(std::size_t passes = 1) { weight_.iterate_power(passes); }
  const at::Tensor& weight() const { return weight_.original(); }

 private:
  SpectralWeight weight_;
};

/// Convolution of FSRT's discriminator: spectrally normed if asked for, a plain weight and bias otherwise.
class DiscriminatorConv : public torch::nn::Module {
 public:
  DiscriminatorConv(const ConvShape& shape, bool spectral_norm);
  /// Uses weight_u and weight_v as they are; never changes them.
  at::Tensor forward(const at::Tensor& input) const;
  /// One power iteration; nothing without spectral norm.
  void iterate_power();

 private:
  ConvShape shape_;
  at::Tensor plain_weight_;  // undefined with spectral norm
  at::Tensor bias_;
  std::optional<SpectralWeight> spectral_weight_;
};

}  // namespace understudy
