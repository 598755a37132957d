#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace understudy {

/// A list of contiguous tensors read and written as one row of elements, without being copied into one. An undefined
/// tensor of the list reads as zeros and cannot be written.
class FlatList {
 public:
  /// @param sizes  elements of each tensor, also of the undefined ones
  FlatList(const std::vector<at::Tensor>& tensors, const std::vector<std::int64_t>& sizes);
  std::int64_t elements() const { return ends_.empty() ? 0 : ends_.back(); }
  /// Fills `out` [n] with elements begin ... begin + n - 1.
  void read(std::int64_t begin, const at::Tensor& out) const;
  /// Puts `values` [n] at elements begin ... begin + n - 1.
  void write(std::int64_t begin, const at::Tensor& values);

 private:
  template <class Action>
  void for_each_overlap(std::int64_t begin, std::int64_t length, const Action& action) const;

  std::vector<at::Tensor> rows_;
  std::vector<std::int64_t> ends_;
};

}  // namespace understudy
