#include "trainer/saving/state_copy.h"

#include <utility>

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace understudy {
namespace {

c10::Device device_of(const std::vector<TensorPart>& parts) {
  for (const TensorPart& part : parts) {
    for (const auto& [name, tensor] : part.tensors) {
      if (tensor.is_cuda()) return tensor.device();
    }
  }
  return at::kCPU;
}

/// Zeros, not empty: memory that was never written is mapped page by page while a step waits.
at::Tensor host_memory_for(const at::Tensor& tensor, bool pinned) {
  return at::zeros(tensor.sizes(), at::TensorOptions(tensor.scalar_type()).pinned_memory(pinned));
}

}  // namespace

StateCopy::StateCopy(std::vector<TensorPart> parts) : sources_(std::move(parts)) {
  const c10::Device device = device_of(sources_);
  for (const TensorPart& part : sources_) {
    TensorPart& copy = copies_.emplace_back(TensorPart{part.name, {}});
    for (const auto& [name, tensor] : part.tensors)
      copy.tensors.emplace_back(name, host_memory_for(tensor, tensor.is_cuda()));
  }
  if (device.is_cuda()) {
    stream_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
    copied_.emplace(device.type());
  }
}

void StateCopy::take() {
  if (!stream_) {
    copy_all();
    return;
  }
  const c10::impl::VirtualGuardImpl gpu(stream_->device_type());
  const c10::Stream training = gpu.getStream(stream_->device());
  c10::Event computed(stream_->device_type());
  computed.record(training);
  computed.block(*stream_);
  {
    const c10::StreamGuard guard(*stream_);
    copy_all();
  }
  copied_->record(*stream_);
  copied_->block(training);
}

void StateCopy::copy_all() {
  const at::NoGradGuard no_grad;
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    for (std::size_t t = 0; t < sources_[p].tensors.size(); ++t)
      copies_[p].tensors[t].second.copy_(sources_[p].tensors[t].second, /*non_blocking=*/true);
  }
}

void StateCopy::wait() const {
  if (!copied_) return;
  const c10::DeviceGuard own_gpu(stream_->device());  // a new thread's GPU is the first one
  copied_->synchronize();
}

}  // namespace understudy
