#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace understudy {

/// Makes item(first), item(first + 1), ... ahead of need on threads and hands each out once: to one consumer in this
/// order, or to several, each of which asks for an item by its number. `make` must be a pure function of the number;
/// then any number of threads gives the same sequence. At most `look_ahead` items exist or are being made at any time,
/// so memory is bounded. To go elsewhere in the sequence, make a new one.
template <class Item>
class Prefetcher {
 public:
  using Make = std::function<Item(std::uint64_t)>;

  /// @param make        called concurrently from `threads` threads
  /// @param threads     0: items are made where they are asked for, none ahead
  /// @param look_ahead  at least 1 is taken
  Prefetcher(Make make, std::uint64_t first, std::size_t threads, std::size_t look_ahead)
      : make_(std::move(make)),
        next_to_make_(first),
        first_untaken_(first),
        ring_(std::max<std::size_t>(look_ahead, 1)) {
    workers_.reserve(threads);
    for (std::size_t t = 0; t < threads; ++t) workers_.emplace_back([this] { work(); });
  }

  /// Waits for the items being made right now, makes no others and drops what was not taken.
  ~Prefetcher() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    room_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The next item of the sequence; waits until it is made. Throws what making this very item threw; the call after
  /// that gives the item after it. For one consuming thread, which does not call `take` beside it.
  Item next() {
    if (workers_.empty()) return make_(first_untaken_++);
    return take(first_untaken_);  // only this thread changes it
  }

  /// The item of that number, as `next`. For any number of threads that between them ask for every number once and do
  /// not leave a lower one for longer than they wait for a higher one: items are made up to `look_ahead` beyond the
  /// lowest that nobody has taken.
  Item take(std::uint64_t number) {
    if (workers_.empty()) return make_(number);
    Slot made = take_slot(number);
    room_.notify_all();
    if (auto* error = std::get_if<std::exception_ptr>(&made)) std::rethrow_exception(*error);
    return std::get<Item>(std::move(made));
  }

  /// Number of the lowest item that nobody has taken, which `next` gives next.
  std::uint64_t position() const {
    const std::lock_guard lock(mutex_);
    return first_untaken_;
  }

  /// Items that lie ready ahead of the consumer, without a gap: 0 means that `next` would wait.
  std::size_t ready() const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    while (count < ring_.size() && is_made(first_untaken_ + count)) ++count;
    return count;
  }

 private:
  struct NotMade {};
  struct Taken {};
  using Slot = std::variant<NotMade, Item, std::exception_ptr, Taken>;

  Slot& slot(std::uint64_t number) { return ring_[static_cast<std::size_t>(number % ring_.size())]; }
  bool is_made(std::uint64_t number) const {
    const Slot& slot = ring_[static_cast<std::size_t>(number % ring_.size())];
    return slot.index() == kItem || slot.index() == kError;
  }

  Slot take_slot(std::uint64_t number) {
    std::unique_lock lock(mutex_);
    made_.wait(lock, [this, number] { return number < first_untaken_ + ring_.size() && is_made(number); });
    Slot made = std::exchange(slot(number), Slot(Taken{}));
    while (std::holds_alternative<Taken>(slot(first_untaken_))) slot(first_untaken_++) = Slot(NotMade{});
    return made;
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      room_.wait(lock, [this] { return stopping_ || next_to_make_ < first_untaken_ + ring_.size(); });
      if (stopping_) return;
      const std::uint64_t number = next_to_make_++;
      lock.unlock();
      Slot made = make_slot(number);
      lock.lock();
      slot(number) = std::move(made);
      made_.notify_all();
    }
  }

  static constexpr std::size_t kItem = 1;
  static constexpr std::size_t kError = 2;

  Slot make_slot(std::uint64_t number) const {
    try {
      return Slot(std::in_place_index<kItem>, make_(number));
    } catch (...) {
      return Slot(std::in_place_index<kError>, std::current_exception());
    }
  }

  Make make_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable made_;
  bool stopping_ = false;
  std::uint64_t next_to_make_;
  std::uint64_t first_untaken_;
  std::vector<Slot> ring_;  ///< item k lies in slot k mod look_ahead
  std::vector<std::thread> workers_;
};

}  // namespace understudy
