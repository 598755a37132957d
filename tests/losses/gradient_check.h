#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "common/philox.h"

namespace understudy {

using ScalarLoss = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

/// Numbers in [low, high) in double, a fixed function of `seed`.
inline at::Tensor random_tensor(at::IntArrayRef sizes, std::uint64_t seed, double low = -1.0, double high = 1.0) {
  Draws draws(seed, Purpose::kTest, 0);
  at::Tensor values = at::empty(sizes, at::kDouble);
  double* data = values.data_ptr<double>();
  for (std::int64_t i = 0; i < values.numel(); ++i) data[i] = draws.uniform(low, high);
  return values;
}

/// Compares autograd with central differences for every element of every input, in double. Losses with kinks need
/// inputs whose kinks are further than the step away.
inline void expect_gradients(const ScalarLoss& loss, std::vector<at::Tensor> inputs, double tolerance = 1e-7) {
  constexpr double kStep = 1e-6;
  for (at::Tensor& input : inputs) input.requires_grad_(true);
  const at::Tensor value = loss(inputs);
  const auto gradients = torch::autograd::grad({value}, inputs);
  const at::NoGradGuard no_grad;
  for (std::size_t n = 0; n < inputs.size(); ++n) {
    double* data = inputs[n].data_ptr<double>();
    const at::Tensor analytic = gradients[n].contiguous();
    for (std::int64_t i = 0; i < inputs[n].numel(); ++i) {
      const double kept = data[i];
      data[i] = kept + kStep;
      const double above = loss(inputs).item<double>();
      data[i] = kept - kStep;
      const double below = loss(inputs).item<double>();
      data[i] = kept;
      ASSERT_NEAR(analytic.data_ptr<double>()[i], (above - below) / (2 * kStep), tolerance)
          << "input " << n << " element " << i;
    }
  }
}

}  // namespace understudy
