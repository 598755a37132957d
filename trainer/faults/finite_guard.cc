#include "trainer/faults/finite_guard.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace understudy {
namespace {

/// Half floats as float32, which holds all their squares.
at::Tensor at_least_float(const at::Tensor& tensor) {
  return tensor.element_size() < 4 ? tensor.to(at::kFloat) : tensor;
}

double largest_square_root(at::ScalarType type) {
  return type == at::kDouble ? std::sqrt(std::numeric_limits<double>::max())
                             : std::sqrt(static_cast<double>(std::numeric_limits<float>::max()));
}

double largest(const at::Tensor& tensor) {
  return tensor.abs().max().item<double>();
}

}  // namespace

std::optional<std::size_t> first_non_finite(const std::vector<at::Tensor>& tensors) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> looked_at;
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i].is_floating_point() || tensors[i].numel() == 0) continue;
    looked_at.push_back(at_least_float(tensors[i]));
    numbers.push_back(i);
  }
  if (looked_at.empty()) return std::nullopt;
  // A sum of squares is finite only if all its terms are.
  const at::Tensor finite = at::stack(at::_foreach_norm(looked_at)).to(at::kCPU).isfinite();
  for (std::size_t i = 0; i < looked_at.size(); ++i) {
    if (finite.const_data_ptr<bool>()[i]) continue;
    // It may have overflowed where they are finite; a comparison with NaN is false.
    if (!(largest(looked_at[i]) <= largest_square_root(looked_at[i].scalar_type()))) return numbers[i];
  }
  return std::nullopt;
}

std::string what_is_wrong_with(const at::Tensor& tensor) {
  const double found = largest(tensor.detach());
  if (!std::isfinite(found)) return "is not finite";
  return fmt::format("holds {:.1e}, whose square is not finite", found);
}

}  // namespace understudy
