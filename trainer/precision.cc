#include "trainer/precision.h"

#include <ATen/Context.h>

#include "common/log.h"

namespace understudy {

void settle_float32_products(Precision precision, at::Device device) {
  const bool tf32 = precision == Precision::kTf32;
  if (device.is_cuda()) {
    at::globalContext().setAllowTF32CuBLAS(tf32);
    at::globalContext().setAllowTF32CuDNN(tf32);
  } else if (tf32) {
    spdlog::warn("model.precision = \"tf32\": only GPUs have TF32; this run computes in float32");
  }
}

}  // namespace understudy
