#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <torch/torch.h>

namespace understudy::golden {

// Weights and inputs by tensor name, with which the published code of latent pose descriptors was run: its results are
// the golden values of the tests. Everything is computed in double and stored as float32.

/// 64-bit FNV-1a hash.
constexpr std::uint64_t fnv1a64(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  return hash;
}

/// One step of splitmix64 from the state x.
constexpr std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// A float tensor whose element i, row-major, is function(u), u uniform in [0, 1) and given by the name and i.
template <class Function>
at::Tensor named_tensor(std::string_view name, at::IntArrayRef sizes, Function function) {
  at::Tensor values = at::empty(sizes, at::kFloat);
  std::uint64_t state = fnv1a64(name);
  for (float& value : std::span(values.data_ptr<float>(), static_cast<std::size_t>(values.numel()))) {
    value = static_cast<float>(function(static_cast<double>(splitmix64(state++) >> 11) * 0x1p-53));
  }
  return values;
}

/// Numbers in [0, 1): pictures and masks.
inline at::Tensor named_uniform(std::string_view name, at::IntArrayRef sizes) {
  return named_tensor(name, sizes, [](double u) { return u; });
}

/// Numbers in [-scale, scale): weights and vectors.
inline at::Tensor named_symmetric(std::string_view name, at::IntArrayRef sizes, double scale = 1.0) {
  return named_tensor(name, sizes, [scale](double u) { return scale * (2.0 * u - 1.0); });
}

/// Inputs of one output of a convolution or linear layer. @param weight  [outputs, ...]
inline double fan_in(const at::Tensor& weight) {
  return static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
}

}  // namespace understudy::golden
