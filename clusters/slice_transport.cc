#include "clusters/slice_transport.h"

#include <cassert>
#include <numeric>

#include <ATen/ATen.h>

namespace understudy {
namespace {

std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  assert(tensor.is_contiguous() && tensor.is_cpu());
  return {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()};
}

std::vector<at::Tensor> gather_counts(const at::Tensor& own, SliceTransport& transport, std::string_view intent) {
  std::vector<at::Tensor> counts;
  std::vector<Slice> sends;
  std::vector<Slice> receives;
  for (int rank = 0; rank < transport.world_size(); ++rank) {
    counts.push_back(at::empty_like(own));
    sends.push_back({rank, own});
    receives.push_back({rank, counts.back()});
  }
  transport.exchange(sends, receives, intent);
  return counts;
}

}  // namespace

void CommunicatorTransport::exchange(const std::vector<Slice>& sends,
                                     const std::vector<Slice>& receives,
                                     std::string_view intent) {
  std::vector<OutgoingMessage> outgoing;
  for (const Slice& slice : sends) outgoing.push_back({slice.peer, bytes_of(slice.values)});
  std::vector<IncomingMessage> incoming;
  for (const Slice& slice : receives) incoming.push_back({slice.peer, bytes_of(slice.values)});
  communicator_.exchange(outgoing, incoming, intent);
}

at::Tensor gather_rows(const at::Tensor& rows, SliceTransport& transport, std::string_view intent) {
  const at::Tensor own = rows.detach().contiguous();
  const std::vector<at::Tensor> counts =
      gather_counts(at::full({1}, own.size(0), own.options().dtype(at::kLong)), transport, intent);
  std::vector<std::int64_t> shape = own.sizes().vec();
  shape[0] = std::accumulate(counts.begin(), counts.end(), std::int64_t{0}, [](std::int64_t sum, const at::Tensor& n) {
    return sum + n.item<std::int64_t>();
  });
  const at::Tensor all = at::empty(shape, own.options());
  std::vector<Slice> sends;
  std::vector<Slice> receives;
  std::int64_t begin = 0;
  for (int rank = 0; rank < transport.world_size(); ++rank) {
    const std::int64_t count = counts[static_cast<std::size_t>(rank)].item<std::int64_t>();
    sends.push_back({rank, own});
    receives.push_back({rank, all.narrow(0, begin, count)});
    begin += count;
  }
  transport.exchange(sends, receives, intent);
  return all;
}

}  // namespace understudy
