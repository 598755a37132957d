#include "trainer/device_transfer.h"

#include <utility>

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>

namespace understudy {

namespace {

constexpr std::int64_t kPictureDimensions = 3;

}  // namespace

Sample handed_over(Sample sample, HandOver type) {
  if (type == HandOver::kFloat32) return sample;
  for (at::Tensor& tensor : sample) {
    if (tensor.scalar_type() == at::kFloat && tensor.dim() >= kPictureDimensions) tensor = tensor.to(at::kHalf);
  }
  return sample;
}

MicroBatch staged_for(at::Device device, MicroBatch batch) {
  if (!device.is_cuda()) return batch;
  const c10::DeviceGuard own_gpu(device);  // a new thread's GPU is the first one
  for (at::Tensor& tensor : batch.tensors) tensor = tensor.pin_memory();
  return batch;
}

MicroBatch moved_to(at::Device device, MicroBatch batch) {
  for (at::Tensor& tensor : batch.tensors) {
    tensor = tensor.to(device, tensor.scalar_type(), /*non_blocking=*/true);
    if (tensor.scalar_type() == at::kHalf) tensor = tensor.to(at::kFloat);
  }
  return batch;
}

}  // namespace understudy
