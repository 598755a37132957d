#include "trainer/official_adam.h"

#include <ATen/ATen.h>

namespace understudy {

AdamState official_adam_state(const NamedTensors& state, const std::vector<std::string>& parameters) {
  constexpr std::string_view kWhere = "the checkpoint's optimiser state";
  const double steps = require_tensor(state, "step", kWhere).item<double>();
  AdamState adam;
  if (steps == 0.0) return adam;
  for (const std::string& parameter : parameters) {
    adam.tensors.emplace_back(parameter + ".step", at::scalar_tensor(steps, at::kFloat));
    for (const char* moment : {".exp_avg", ".exp_avg_sq"}) {
      adam.tensors.emplace_back(parameter + moment, require_tensor(state, parameter + moment, kWhere));
    }
  }
  return adam;
}

}  // namespace understudy
