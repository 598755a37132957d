#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "models/blocks/state.h"

namespace understudy::golden {

// Weights and inputs by formula, with which the published FSRT code was run: its results are the golden values of the
// tests.

/// Uniform number in [0, 1) of tensor n, element i.
inline double uniform(std::uint32_t n, std::uint32_t i) {
  std::uint32_t x = i * 2654435761U + n * 40503U + 12345U;
  x ^= x >> 15;
  x *= 2246822519U;
  x ^= x >> 13;
  x *= 3266489917U;
  x ^= x >> 16;
  return static_cast<double>(x >> 8) * 0x1p-24;
}

/// The same stretched to [-1, 1).
inline double symmetric(std::uint32_t n, std::uint32_t i) {
  return 2.0 * uniform(n, i) - 1.0;
}

/// A float tensor whose element i is function(i).
template <class Function>
at::Tensor tensor_of(at::IntArrayRef sizes, Function function) {
  at::Tensor values = at::empty(sizes, at::kFloat);
  std::uint32_t i = 0;
  for (float& value : std::span(values.data_ptr<float>(), static_cast<std::size_t>(values.numel()))) {
    value = static_cast<float>(function(i++));
  }
  return values;
}

inline at::Tensor weights_of(const std::string& name, const at::Tensor& like, std::uint32_t n) {
  const auto fan_in = [&] { return static_cast<double>(like.numel()) / static_cast<double>(like.size(0)); };
  if (name.ends_with("running_var")) return tensor_of(like.sizes(), [&](auto i) { return 0.5 + 0.5 * uniform(n, i); });
  if (like.dim() == 1 && name.ends_with("weight")) {
    return tensor_of(like.sizes(), [&](auto i) { return 1.0 + 0.2 * symmetric(n, i); });
  }
  if (like.dim() == 1) return tensor_of(like.sizes(), [&](auto i) { return 0.1 * symmetric(n, i); });
  const double scale = 2.0 / std::sqrt(fan_in());
  return tensor_of(like.sizes(), [&](auto i) { return scale * symmetric(n, i); });
}

/// Fills a network by the formula; counters and fixed buffers (the anti-alias kernel, VGG's mean and std) stay.
inline void fill(torch::nn::Module& network) {
  const at::NoGradGuard no_grad;
  std::uint32_t n = 0;
  for (auto& [name, tensor] : state_of(network)) {
    const bool fixed = !tensor.is_floating_point() || name == "down.weight" || name == "mean" || name == "std";
    if (!fixed) tensor.copy_(weights_of(name, tensor, n));
    ++n;
  }
}

/// [1, 3, size, size]
inline at::Tensor picture(int b, std::int64_t size) {
  return tensor_of({1, 3, size, size}, [&](std::uint32_t i) {
    const auto side = static_cast<std::uint32_t>(size);
    const double x = i % side;
    const double y = i / side % side;
    const double c = i / (side * side);
    return 0.5 + 0.25 * std::sin(0.05 * (x + 1) * (c + 1) + b) + 0.25 * std::cos(0.07 * (y + 1) - c);
  });
}

/// [1, 10, 2]
inline at::Tensor keypoints() {
  return tensor_of({1, 10, 2}, [](std::uint32_t d) { return -1.5 + 0.15 * d; });
}

/// [1, size]
inline at::Tensor expression(int j, std::int64_t size = 256) {
  return tensor_of({1, size}, [&](std::uint32_t d) { return 0.5 * std::sin(0.1 * d + j); });
}

/// |difference| <= 1e-5 max(1, |value|), the tolerance of golden entries.
inline double entry_tolerance(double value) {
  return 1e-5 * std::max(1.0, std::abs(value));
}

}  // namespace understudy::golden
