#include "trainer/finite_guard.h"

#include <cmath>

#include <ATen/ATen.h>

namespace understudy {

std::optional<std::size_t> first_non_finite(const std::vector<at::Tensor>& tensors) {
  if (tensors.empty()) return std::nullopt;
  // A sum is finite only if all its terms are.
  std::vector<at::Tensor> sums;
  for (const at::Tensor& tensor : tensors) sums.push_back(tensor.sum());
  const at::Tensor finite = at::stack(sums).to(at::kCPU).isfinite();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (finite.const_data_ptr<bool>()[i]) continue;
    // It may have overflowed where they are finite.
    if (!std::isfinite(tensors[i].abs().max().item<double>())) return i;
  }
  return std::nullopt;
}

}  // namespace understudy
