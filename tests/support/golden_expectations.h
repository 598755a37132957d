#pragma once

#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/support/golden_weights.h"

namespace understudy::golden {

/// Checks the first entries of a tensor, in row-major order.
inline void expect_entries(const at::Tensor& values, const std::vector<double>& expected) {
  const at::Tensor flat = values.detach().to(at::kDouble).flatten();
  ASSERT_GE(flat.numel(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(flat[static_cast<std::int64_t>(i)].item<double>(), expected[i], entry_tolerance(expected[i]))
        << "entry " << i;
  }
}

inline double norm_of(const at::Tensor& values) {
  return values.detach().to(at::kDouble).norm().item<double>();
}

inline void expect_norm(const at::Tensor& values, double expected) {
  EXPECT_NEAR(norm_of(values), expected, 5e-6 * expected);
}

/// ||a - b|| / ||b||
inline double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor reference = b.detach().to(at::kDouble);
  return norm_of(a.detach().to(at::kDouble) - reference) / (norm_of(reference) + 1e-300);
}

}  // namespace understudy::golden
