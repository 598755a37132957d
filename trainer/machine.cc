#include "trainer/machine.h"

#include <algorithm>
#include <fstream>

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <torch/torch.h>
#include <torch/version.h>
#include <unistd.h>

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

bool torch_has_cuda() {
  return at::globalContext().hasCUDART();
}

std::int64_t memory_of_machine() {
  const std::int64_t memory = std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
  std::int64_t limit = 0;  // the file holds "max" where there is no limit, which reads as 0
  std::ifstream("/sys/fs/cgroup/memory.max") >> limit;
  return limit > 0 ? std::min(memory, limit) : memory;
}

void set_intra_operator_threads(int threads) {
  at::set_num_threads(threads);
}

void use_deterministic_kernels() {
  at::Context& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);  // the fastest algorithm of a start need not be that of the next
  context.setDeterministicAlgorithms(true, /*warn_only=*/false);
  context.setDeterministicFillUninitializedMemory(false);  // nothing reads what was not written
}

}  // namespace understudy
