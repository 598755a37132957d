#include "tests/support/thread_ranks.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include "common/errors.h"

namespace understudy {
namespace {

class Hub {
 public:
  using Address = std::tuple<int, int, int>;  // channel, from, to

  void put(const Address& address, std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    boxes_[address].emplace_back(bytes.begin(), bytes.end());
    changed_.notify_all();
  }
  void take(const Address& address, std::span<std::byte> bytes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return broken_ || !boxes_[address].empty(); });
    if (boxes_[address].empty()) throw ClusterError("another rank failed");
    const std::vector<std::byte> message = std::move(boxes_[address].front());
    boxes_[address].pop_front();
    if (message.size() != bytes.size()) throw ClusterError("a message has another size than expected");
    std::copy(message.begin(), message.end(), bytes.begin());
  }
  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!first_error_) first_error_ = std::move(error);
    broken_ = true;
    changed_.notify_all();
  }
  std::exception_ptr first_error() const { return first_error_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Address, std::deque<std::vector<std::byte>>> boxes_;
  bool broken_ = false;
  std::exception_ptr first_error_;
};

template <class T>
void reduce(std::byte* into, const std::byte* from, std::int64_t count, Reduction reduction) {
  for (std::int64_t i = 0; i < count; ++i) {
    T left;
    T right;
    std::memcpy(&left, into + i * std::int64_t{sizeof(T)}, sizeof(T));
    std::memcpy(&right, from + i * std::int64_t{sizeof(T)}, sizeof(T));
    if (reduction == Reduction::kSum) left = static_cast<T>(left + right);
    if (reduction == Reduction::kMin) left = std::min(left, right);
    if (reduction == Reduction::kMax) left = std::max(left, right);
    std::memcpy(into + i * std::int64_t{sizeof(T)}, &left, sizeof(T));
  }
}

using Reducer = void (*)(std::byte*, const std::byte*, std::int64_t, Reduction);

std::pair<Reducer, std::size_t> reducer_of(ElementType type) {
  switch (type) {
    case ElementType::kUInt8:
      return {&reduce<std::uint8_t>, 1};
    case ElementType::kInt32:
      return {&reduce<std::int32_t>, 4};
    case ElementType::kInt64:
      return {&reduce<std::int64_t>, 8};
    case ElementType::kFloat32:
      return {&reduce<float>, 4};
    case ElementType::kFloat64:
      return {&reduce<double>, 8};
  }
  throw ClusterError("unknown element type");
}

class ThreadRank final : public Communicator {
 public:
  ThreadRank(Hub& hub, int rank, int world_size, int channel)
      : hub_(hub), rank_(rank), world_size_(world_size), channel_(channel) {}
  int rank() const override { return rank_; }
  int world_size() const override { return world_size_; }
  int local_rank() const override { return rank_; }
  int local_size() const override { return world_size_; }

  void barrier(std::string_view intent) override { static_cast<void>(all_gather("", intent)); }
  void broadcast(std::span<std::byte> bytes, int root, std::string_view intent) override {
    std::vector<OutgoingMessage> outgoing;
    for (int to = 0; rank_ == root && to < world_size_; ++to) outgoing.push_back({to, bytes});
    const IncomingMessage incoming{root, bytes};
    exchange(outgoing, {&incoming, 1}, intent);
  }
  void all_reduce(
      void* values, std::int64_t count, ElementType type, Reduction reduction, std::string_view intent) override {
    const auto [reduce_pair, size] = reducer_of(type);
    auto* bytes = static_cast<std::byte*>(values);
    const std::string_view own(static_cast<const char*>(values), static_cast<std::size_t>(count) * size);
    const std::vector<std::string> all = all_gather(own, intent);
    std::memcpy(bytes, all[0].data(), all[0].size());
    for (std::size_t i = 1; i < all.size(); ++i) {
      reduce_pair(bytes, reinterpret_cast<const std::byte*>(all[i].data()), count, reduction);
    }
  }
  void exchange(std::span<const OutgoingMessage> outgoing,
                std::span<const IncomingMessage> incoming,
                std::string_view) override {
    for (const OutgoingMessage& message : outgoing) hub_.put({channel_, rank_, message.to}, message.bytes);
    for (const IncomingMessage& message : incoming) hub_.take({channel_, message.from, rank_}, message.bytes);
  }
  std::unique_ptr<Communicator> duplicate(std::string_view) override {
    return std::make_unique<ThreadRank>(hub_, rank_, world_size_, ++duplicates_ + 100 * channel_);
  }

 private:
  Hub& hub_;
  int rank_;
  int world_size_;
  int channel_;
  int duplicates_ = 0;
};

}  // namespace

void run_on_thread_ranks(int world_size, const std::function<void(Communicator&)>& program) {
  Hub hub;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < world_size; ++rank) {
    threads.emplace_back([&hub, &program, rank, world_size] {
      ThreadRank communicator(hub, rank, world_size, 0);
      try {
        program(communicator);
      } catch (...) {
        hub.fail(std::current_exception());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (hub.first_error()) std::rethrow_exception(hub.first_error());
}

}  // namespace understudy
