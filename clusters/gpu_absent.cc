// In place of gpu_cuda.cc in a program that is built without CUDA.
#include "clusters/gpu.h"
#include "common/errors.h"

namespace understudy {
namespace {

constexpr const char* kRemedy = "this program was built without CUDA; build it with the preset `cuda`";

}  // namespace

bool built_for_gpus() {
  return false;
}

GpuFacts facts_of_gpu(int) {
  throw ClusterError(kRemedy);
}

c10::intrusive_ptr<c10d::Backend> make_nccl_backend(
    const c10::intrusive_ptr<c10d::Store>&, int, int, at::Device, DeviceProgress&) {
  throw ClusterError(kRemedy);
}

}  // namespace understudy
