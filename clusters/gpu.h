#pragma once

#include <cstdint>
#include <string>

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "clusters/device_progress.h"

namespace understudy {

/// A GPU as the ranks of a node compare it.
struct GpuFacts {
  std::string name;         ///< "NVIDIA A100-SXM4-80GB"
  std::string id;           ///< names the card among all of a machine, whatever CUDA_VISIBLE_DEVICES hides
  std::string pci_address;  ///< "0000:07:00.0", as in /sys/bus/pci/devices
  std::int64_t memory_bytes = 0;
};

/// Was this program built with CUDA and NCCL (UNDERSTUDY_CUDA=ON)? Without them no rank ever sees a GPU.
bool built_for_gpus();

/// @param index  among the GPUs that this process sees. @throws ClusterError  when CUDA cannot say
GpuFacts facts_of_gpu(int index);

/// c10d's collectives between GPUs, over NCCL. Collective: connects all ranks at once, so that a network that does not
/// work shows at the start. Collectives are noted in `progress`, which must outlive the backend.
/// @param store  the same on all ranks, used by this group alone
/// @throws ClusterError  in a program without CUDA, and when NCCL cannot connect
c10::intrusive_ptr<c10d::Backend> make_nccl_backend(const c10::intrusive_ptr<c10d::Store>& store,
                                                    int rank,
                                                    int world_size,
                                                    at::Device device,
                                                    DeviceProgress& progress);

}  // namespace understudy
