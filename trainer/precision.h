#pragma once

#include <ATen/core/Tensor.h>

namespace understudy {

/// What a run computes in. Weights, gradients, optimiser and losses are float32 in all but kFloat64.
enum class Precision {
  kFloat32,   ///< full float32 on every device
  kTf32,      ///< float32, whose products and convolutions a GPU rounds to TensorFloat-32; on a CPU as kFloat32
  kBfloat16,  ///< products and convolutions of the trained networks and of VGG-19 in bfloat16
  kFloat64,
};

/// Lets this process's float32 products on a GPU round to TensorFloat-32, or not: torch's own default lets
/// convolutions do so. Changes nothing on a CPU, and says so when asked for TF32 there.
void settle_float32_products(Precision precision, at::Device device);

}  // namespace understudy
