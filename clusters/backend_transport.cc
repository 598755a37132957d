#include "clusters/backend_transport.h"

#include <cassert>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

/// Empty slices are left out on both sides: their sizes are known to both.
std::vector<Slice> to_others(const std::vector<Slice>& slices, int own_rank) {
  std::vector<Slice> others;
  for (const Slice& slice : slices) {
    if (slice.peer != own_rank && slice.values.numel() > 0) others.push_back(slice);
  }
  return others;
}

void copy_own(const std::vector<Slice>& sends, const std::vector<Slice>& receives, int own_rank) {
  auto sent = sends.begin();
  for (const Slice& receive : receives) {
    if (receive.peer != own_rank) continue;
    while (sent->peer != own_rank) ++sent;
    receive.values.copy_(sent->values);
    ++sent;
  }
}

}  // namespace

void BackendTransport::exchange(const std::vector<Slice>& sends,
                                const std::vector<Slice>& receives,
                                std::string_view intent) {
  copy_own(sends, receives, rank());
  const std::vector<Slice> outgoing = to_others(sends, rank());
  const std::vector<Slice> incoming = to_others(receives, rank());
  if (outgoing.empty() && incoming.empty()) return;
  try {
    CollectiveQueue::Question reached = progress_.mark(device_);
    const c10::intrusive_ptr<c10d::Work> work = start(outgoing, incoming);
    progress_.add(std::string(intent), std::move(reached), [work] { return work->isCompleted(); });
    work->wait();
  } catch (const c10::Error& error) {
    throw ClusterError(fmt::format("{}: {}", intent, error.what_without_backtrace()));
  }
}

c10::intrusive_ptr<c10d::Work> BackendTransport::start(const std::vector<Slice>& sends,
                                                       const std::vector<Slice>& receives) {
  const auto one = [](const Slice& slice) {
    assert(slice.values.is_contiguous());
    return std::vector<at::Tensor>{slice.values};
  };
  backend_->startCoalescing();
  for (const Slice& slice : sends) {
    std::vector<at::Tensor> tensor = one(slice);
    backend_->send(tensor, slice.peer, 0);
  }
  for (const Slice& slice : receives) {
    std::vector<at::Tensor> tensor = one(slice);
    backend_->recv(tensor, slice.peer, 0);
  }
  return backend_->endCoalescing();
}

}  // namespace understudy
