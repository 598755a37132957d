#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>

#include "clusters/device_progress.h"
#include "clusters/slice_transport.h"

namespace understudy {

/// Tensors of one device through a c10d backend that joins sends and receives into one group, as NCCL does.
class BackendTransport final : public SliceTransport {
 public:
  /// @param progress  told of every exchange between GPUs; must outlive the transport
  BackendTransport(c10::intrusive_ptr<c10d::Backend> backend, c10::Device device, DeviceProgress& progress)
      : backend_(std::move(backend)), device_(device), progress_(progress) {}
  int rank() const override { return backend_->getRank(); }
  int world_size() const override { return backend_->getSize(); }
  /// Returns when the exchange is queued; what is queued on the device afterwards waits for it.
  void exchange(const std::vector<Slice>& sends, const std::vector<Slice>& receives, std::string_view intent) override;

 private:
  c10::intrusive_ptr<c10d::Work> start(const std::vector<Slice>& sends, const std::vector<Slice>& receives);

  c10::intrusive_ptr<c10d::Backend> backend_;
  c10::Device device_;
  DeviceProgress& progress_;
};

}  // namespace understudy
