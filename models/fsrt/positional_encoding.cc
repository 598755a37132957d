#include "models/fsrt/positional_encoding.h"

#include <cmath>
#include <numbers>

#include <torch/torch.h>

namespace understudy {

at::Tensor encode_positions(const at::Tensor& coordinates, Octaves octaves, at::ScalarType precision) {
  std::vector<float> multipliers;
  for (std::int64_t i = 0; i < octaves.count; ++i) {
    multipliers.push_back(std::ldexp(std::numbers::pi_v<float>, static_cast<int>(octaves.start + i)));
  }
  const at::Tensor factors = at::tensor(multipliers, at::kFloat).to(coordinates.device());
  const at::Tensor phases = (coordinates.to(at::kFloat).unsqueeze(-1) * factors).flatten(-2).to(precision);
  return at::cat({phases.sin(), phases.cos()}, -1);
}

}  // namespace understudy
