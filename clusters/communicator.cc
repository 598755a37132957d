#include "clusters/communicator.h"

#include <cassert>
#include <cstring>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

std::span<std::byte> writable_bytes_of(std::string& text) {
  return std::as_writable_bytes(std::span(text));
}

template <class T>
std::span<const std::byte> bytes_of_value(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

template <class T>
std::span<std::byte> writable_bytes_of_value(T& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

class SingleRank final : public Communicator {
 public:
  explicit SingleRank(NodePlace place) : place_(place) {}
  int rank() const override { return 0; }
  int world_size() const override { return 1; }
  int local_rank() const override { return place_.rank; }
  int local_size() const override { return place_.ranks; }
  void barrier(std::string_view) override {}
  void broadcast(std::span<std::byte>, int, std::string_view) override {}
  void all_reduce(void*, std::int64_t, ElementType, Reduction, std::string_view) override {}
  void exchange(std::span<const OutgoingMessage> outgoing,
                std::span<const IncomingMessage> incoming,
                std::string_view) override {
    assert(outgoing.size() == incoming.size());
    for (std::size_t i = 0; i < incoming.size(); ++i) {
      std::memmove(incoming[i].bytes.data(), outgoing[i].bytes.data(), incoming[i].bytes.size());
    }
  }
  std::unique_ptr<Communicator> duplicate(std::string_view) override { return single_rank(place_); }

 private:
  NodePlace place_;
};

/// Sends blob i to rank to[i] and receives one from each rank of `from`, sizes first.
std::vector<std::string> exchange_blobs(Communicator& communicator,
                                        const std::vector<int>& to,
                                        std::span<const std::string_view> blobs,
                                        const std::vector<int>& from,
                                        std::string_view intent) {
  std::vector<std::uint64_t> sizes_out(to.size());
  std::vector<std::uint64_t> sizes_in(from.size());
  std::vector<OutgoingMessage> outgoing;
  std::vector<IncomingMessage> incoming;
  for (std::size_t i = 0; i < to.size(); ++i) {
    sizes_out[i] = blobs[i].size();
    outgoing.push_back({to[i], bytes_of_value(sizes_out[i])});
  }
  for (std::size_t i = 0; i < from.size(); ++i) incoming.push_back({from[i], writable_bytes_of_value(sizes_in[i])});
  communicator.exchange(outgoing, incoming, intent);

  std::vector<std::string> received(from.size());
  for (std::size_t i = 0; i < to.size(); ++i) outgoing[i].bytes = std::as_bytes(std::span(blobs[i]));
  for (std::size_t i = 0; i < from.size(); ++i) {
    received[i].resize(sizes_in[i]);
    incoming[i].bytes = writable_bytes_of(received[i]);
  }
  communicator.exchange(outgoing, incoming, intent);
  return received;
}

std::vector<int> all_ranks(const Communicator& communicator) {
  std::vector<int> ranks;
  for (int rank = 0; rank < communicator.world_size(); ++rank) ranks.push_back(rank);
  return ranks;
}

}  // namespace

std::int64_t Communicator::all_reduce(std::int64_t value, Reduction reduction, std::string_view intent) {
  all_reduce(&value, 1, ElementType::kInt64, reduction, intent);
  return value;
}

void Communicator::all_reduce(std::span<std::int64_t> values, Reduction reduction, std::string_view intent) {
  all_reduce(values.data(), std::ssize(values), ElementType::kInt64, reduction, intent);
}

void Communicator::all_reduce(std::span<double> values, Reduction reduction, std::string_view intent) {
  all_reduce(values.data(), std::ssize(values), ElementType::kFloat64, reduction, intent);
}

std::string Communicator::broadcast(std::string text, int root, std::string_view intent) {
  std::uint64_t size = text.size();
  broadcast(writable_bytes_of_value(size), root, intent);
  text.resize(size);
  broadcast(writable_bytes_of(text), root, intent);
  return text;
}

std::vector<std::string> Communicator::gather(std::string_view blob, std::string_view intent) {
  const std::vector<int> from = rank() == 0 ? all_ranks(*this) : std::vector<int>{};
  return exchange_blobs(*this, {0}, std::span(&blob, 1), from, intent);
}

std::vector<std::string> Communicator::all_gather(std::string_view blob, std::string_view intent) {
  const std::vector<int> ranks = all_ranks(*this);
  const std::vector<std::string_view> copies(ranks.size(), blob);
  return exchange_blobs(*this, ranks, copies, ranks, intent);
}

std::vector<std::string> Communicator::all_to_all(std::span<const std::string> to_each, std::string_view intent) {
  if (std::ssize(to_each) != world_size()) {
    throw ClusterError(fmt::format(
        "rank {}: {} blobs for {} ranks ({}); pass one for each rank", rank(), to_each.size(), world_size(), intent));
  }
  const std::vector<int> ranks = all_ranks(*this);
  const std::vector<std::string_view> views(to_each.begin(), to_each.end());
  return exchange_blobs(*this, ranks, views, ranks, intent);
}

std::unique_ptr<Communicator> single_rank(NodePlace place) {
  return std::make_unique<SingleRank>(place);
}

}  // namespace understudy
