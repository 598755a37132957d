#include "models/blocks/adain.h"

#include <torch/torch.h>

namespace understudy {
namespace {

constexpr double kEpsilon = 1e-4;

}  // namespace

std::vector<AdainAffine> split_adain(const at::Tensor& vectors, const std::vector<std::int64_t>& channels) {
  std::vector<std::int64_t> widths;
  for (const std::int64_t count : channels) widths.insert(widths.end(), 2, count);
  const std::vector<at::Tensor> parts = vectors.split_with_sizes(widths, 1);
  std::vector<AdainAffine> affines;
  for (std::size_t i = 0; i < parts.size(); i += 2) affines.push_back({.bias = parts[i], .weight = parts[i + 1]});
  return affines;
}

at::Tensor adaptive_instance_norm(const at::Tensor& input, const AdainAffine& affine) {
  // One batch of n x c channels, each of which is normed by itself and has its own coefficients.
  const std::int64_t maps = input.size(0) * input.size(1);
  const at::Tensor joined = input.reshape({1, maps, input.size(2), input.size(3)});
  const at::Tensor normed = at::batch_norm(
      joined, affine.weight.reshape(maps), affine.bias.reshape(maps), {}, {}, true, 0.0, kEpsilon, false);
  // No view for autograd: whoever changes the result in place would pay for copies of it in the backward pass.
  return at::_unsafe_view(normed, input.sizes());
}

}  // namespace understudy
