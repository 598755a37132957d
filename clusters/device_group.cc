#include "clusters/device_group.h"

#include <exception>
#include <optional>

#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include "clusters/backend_transport.h"
#include "clusters/device_progress.h"
#include "clusters/gpu.h"
#include "clusters/mpi_backend.h"
#include "clusters/tcp_store.h"
#include "common/errors.h"
#include "common/log.h"

namespace understudy {
namespace {

using BackendType = c10d::ProcessGroup::BackendType;

c10::intrusive_ptr<c10d::ProcessGroup> group_of(const c10::intrusive_ptr<c10d::Backend>& backend,
                                                c10::DeviceType device,
                                                BackendType type) {
  auto group = c10::make_intrusive<c10d::ProcessGroup>(
      c10::make_intrusive<c10d::HashStore>(), backend->getRank(), backend->getSize());
  group->setBackend(device, type, backend);
  group->setDefaultBackend(type);
  group->setGroupName("understudy");
  return group;
}

}  // namespace

struct DeviceGroup::Parts {
  Communicator& communicator;
  CommunicatorTransport through_memory;
  // On GPUs only. The store is rank 0's to serve and must live as long as NCCL.
  c10::intrusive_ptr<c10d::Store> store;
  std::optional<DeviceProgress> progress;
  std::optional<BackendTransport> between_gpus;
  c10::intrusive_ptr<c10d::Backend> backend;  ///< NCCL, or MPI once asked for
  c10::intrusive_ptr<c10d::ProcessGroup> group;
};

DeviceGroup::DeviceGroup(Communicator& communicator, c10::Device device, Heartbeat& heartbeat)
    : parts_(new Parts{communicator, CommunicatorTransport(communicator), {}, {}, {}, {}, {}}) {
  if (device.is_cpu()) return;
  parts_->progress.emplace(heartbeat);
  parts_->store = make_tcp_store(communicator);
  parts_->backend =
      make_nccl_backend(parts_->store, communicator.rank(), communicator.world_size(), device, *parts_->progress);
  parts_->between_gpus.emplace(parts_->backend, device, *parts_->progress);
  parts_->group = group_of(parts_->backend, device.type(), BackendType::NCCL);
}

DeviceGroup::~DeviceGroup() {
  if (!parts_->backend) return;
  // The other ranks may be gone when an error unwinds; waiting for them would hide it.
  if (parts_->between_gpus && std::uncaught_exceptions() > 0) {
    parts_->backend->abort();
  } else {
    parts_->backend->shutdown();
    if (parts_->store) leave_store();
  }
}

/// Rank 0 serves the store until every rank's NCCL has left it.
void DeviceGroup::leave_store() noexcept {
  try {
    parts_->communicator.barrier("leave NCCL");
  } catch (const ClusterError& error) {
    spdlog::warn("{}", error.what());
  }
}

SliceTransport& DeviceGroup::slices() {
  if (parts_->between_gpus) return *parts_->between_gpus;
  return parts_->through_memory;
}

const c10::intrusive_ptr<c10d::ProcessGroup>& DeviceGroup::process_group() {
  if (!parts_->group) {
    parts_->backend = c10::make_intrusive<MpiBackend>(parts_->communicator);
    parts_->group = group_of(parts_->backend, c10::DeviceType::CPU, BackendType::CUSTOM);
  }
  return parts_->group;
}

}  // namespace understudy
