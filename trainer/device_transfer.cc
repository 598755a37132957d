#include "trainer/device_transfer.h"

#include <utility>

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>

namespace understudy {

MicroBatch staged_for(at::Device device, MicroBatch batch) {
  if (!device.is_cuda()) return batch;
  const c10::DeviceGuard own_gpu(device);  // a new thread's GPU is the first one
  for (at::Tensor& tensor : batch.tensors) tensor = tensor.pin_memory();
  return batch;
}

MicroBatch moved_to(at::Device device, MicroBatch batch) {
  for (at::Tensor& tensor : batch.tensors) tensor = tensor.to(device, tensor.scalar_type(), /*non_blocking=*/true);
  return batch;
}

}  // namespace understudy
