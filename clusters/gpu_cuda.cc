// The only source that knows CUDA and NCCL; gpu_absent.cc takes its place in a build without them.
#include <array>
#include <cctype>
#include <utility>

#include <cuda_runtime_api.h>
#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "clusters/gpu.h"
#include "common/errors.h"

namespace understudy {
namespace {

void require(cudaError_t result, const char* what) {
  if (result != cudaSuccess) throw ClusterError(fmt::format("{}: {}", what, cudaGetErrorString(result)));
}

/// NCCL whose collectives show in the signs of life: a rank waits for others from the moment its GPU reaches a
/// collective, not from when the host queued it.
class WatchedNccl final : public c10d::ProcessGroupNCCL {
 public:
  WatchedNccl(const c10::intrusive_ptr<c10d::Store>& store,
              int rank,
              int world_size,
              at::Device device,
              DeviceProgress& progress)
      : ProcessGroupNCCL(store, rank, world_size, Options::create()), device_(device), progress_(progress) {}

  c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor>& tensors,
                                           const c10d::AllreduceOptions& options) override {
    auto reached = progress_.mark(device_);
    auto work = ProcessGroupNCCL::allreduce(tensors, options);
    progress_.add("reduce a bucket of gradients", std::move(reached), [work] { return work->isCompleted(); });
    return work;
  }

 private:
  at::Device device_;
  DeviceProgress& progress_;
};

}  // namespace

bool built_for_gpus() {
  return true;
}

GpuFacts facts_of_gpu(int index) {
  cudaDeviceProp properties{};
  require(cudaGetDeviceProperties(&properties, index), "the properties of a GPU");
  std::array<char, 32> address{};
  require(cudaDeviceGetPCIBusId(address.data(), static_cast<int>(address.size()), index), "the address of a GPU");
  GpuFacts facts{.name = properties.name, .id = "", .pci_address = "", .memory_bytes = 0};
  for (const char byte : properties.uuid.bytes) facts.id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  for (const char letter : std::string_view(address.data()))
    facts.pci_address += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  facts.memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
  return facts;
}

c10::intrusive_ptr<c10d::Backend> make_nccl_backend(const c10::intrusive_ptr<c10d::Store>& store,
                                                    int rank,
                                                    int world_size,
                                                    at::Device device,
                                                    DeviceProgress& progress) {
  try {
    require(cudaSetDevice(device.index()), "choose a GPU");
    auto backend = c10::make_intrusive<WatchedNccl>(store, rank, world_size, device, progress);
    backend->eagerConnectSingleDevice(device);
    return backend;
  } catch (const c10::Error& error) {
    throw ClusterError(fmt::format(
        "NCCL cannot connect the GPUs of this job: {}. NCCL_DEBUG=INFO says more; NCCL_SOCKET_IFNAME chooses the "
        "network",
        error.what_without_backtrace()));
  }
}

}  // namespace understudy
