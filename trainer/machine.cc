#include "trainer/machine.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <torch/torch.h>
#include <torch/version.h>

namespace understudy {

std::string torch_version() {
  return TORCH_VERSION;
}

std::string torch_cpu_capability() {
  return at::get_cpu_capability();
}

std::string gpu_summary() {
  if (!torch::cuda::is_available()) return "none that this build can use";
  return fmt::format("{} visible to torch", torch::cuda::device_count());
}

void set_intra_operator_threads(int threads) {
  at::set_num_threads(threads);
}

}  // namespace understudy
