#pragma once

#include <memory>

#include <c10/core/Device.h>
#include <c10/util/intrusive_ptr.h>

#include "clusters/communicator.h"
#include "clusters/heartbeat.h"
#include "clusters/slice_transport.h"

namespace c10d {
class ProcessGroup;
}

namespace understudy {

/// How the tensors of a rank's device travel to the other ranks: from the computer's memory over MPI, from a GPU over
/// NCCL. One a rank; all exchanges of its players share it.
class DeviceGroup {
 public:
  /// Collective. @param device  of the same type on all ranks; both others must outlive the group
  /// @throws ClusterError  when NCCL cannot connect the GPUs
  DeviceGroup(Communicator& communicator, c10::Device device, Heartbeat& heartbeat);
  /// Lets NCCL finish what is under way; when an error unwinds, drops it.
  ~DeviceGroup();
  DeviceGroup(const DeviceGroup&) = delete;
  DeviceGroup& operator=(const DeviceGroup&) = delete;

  SliceTransport& slices();
  /// For c10d's Reducer. Collective at the first call: on CPUs its collectives run in a thread of their own, so that
  /// they overlap with the backward pass.
  const c10::intrusive_ptr<c10d::ProcessGroup>& process_group();

 private:
  void leave_store() noexcept;

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace understudy
