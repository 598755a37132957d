#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace understudy {

/// Shift and scale of one adaptive instance norm, each [n, c]: every sample has its own.
struct AdainAffine {
  at::Tensor bias;
  at::Tensor weight;
};

/// Cuts the vectors that hold the coefficients of a network's layers: layer by layer, of each first the shifts, then
/// the scales.
/// @param vectors  [n, 2 x sum of channels]  @param channels  of every layer, in order
std::vector<AdainAffine> split_adain(const at::Tensor& vectors, const std::vector<std::int64_t>& channels);

/// Adaptive instance norm (Huang and Belongie 2017): every channel of every sample to mean 0 and variance 1 (biased,
/// epsilon 1e-4), then times the weight as it is (no 1 + weight) and plus the bias.
/// @param input  [n, c, h, w]
at::Tensor adaptive_instance_norm(const at::Tensor& input, const AdainAffine& affine);

}  // namespace understudy
