#pragma once

#include <cstdint>
#include <string_view>

#include <torch/nn/module.h>

namespace understudy {

/// Where a network's start differs from PyTorch's default.
struct InitialDistribution {
  bool kaiming_convolutions = false;  ///< weights normal with variance 2 / fan out, biases 0 (He et al. 2015)
  double linear_deviation = 0.0;      ///< above 0: weights normal with this deviation, biases 0
};

/// Fills every parameter with PyTorch's default distribution from keyed draws: weights of convolutions and linear
/// layers, and their biases, uniform in +-1/sqrt(fan in); scales of norms 1 and shifts 0; power-iteration vectors of a
/// spectral norm normal and of unit length. Parameters do not depend on threads; a float64 network gets the float32
/// numbers.
/// @param name  of the network, part of the key: two networks of one run must differ in it
/// @param distribution  exceptions from the above
void initialize(torch::nn::Module& network,
                std::uint64_t seed,
                std::string_view name,
                const InitialDistribution& distribution = {});

}  // namespace understudy
