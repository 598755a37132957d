#include "trainer/memory_pool.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <new>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>

namespace understudy {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kSmallest = std::size_t{64} << 10;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kAddressSpace = std::size_t{1} << 40;

std::size_t rounded_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

/// The pool lives as long as the process: a tensor may outlive every scope that could own it.
MemoryPool& tensor_pool() {
  static auto* pool = new MemoryPool(kAddressSpace);
  return *pool;
}

class PoolAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    void* address = nullptr;
    if (bytes >= kSmallest) address = tensor_pool().allocate(bytes);
    if (address == nullptr && bytes > 0) address = std::aligned_alloc(kAlignment, rounded_up(bytes, kAlignment));
    if (address == nullptr && bytes > 0) throw std::bad_alloc();
    return {address, address, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }

 private:
  static void release(void* address) {
    if (address != nullptr && !tensor_pool().release(address)) std::free(address);
  }
};

}  // namespace

MemoryPool::MemoryPool(std::size_t capacity) : capacity_(rounded_up(capacity, kHugePage)) {
  void* range = ::mmap(
      nullptr, capacity_ + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) {  // a limit on address space: every request goes to malloc instead
    capacity_ = 0;
    return;
  }
  base_ = reinterpret_cast<char*>(rounded_up(reinterpret_cast<std::size_t>(range), kHugePage));
  ::madvise(base_, capacity_, MADV_HUGEPAGE);
}

MemoryPool::~MemoryPool() {
  if (base_ != nullptr) ::munmap(base_, capacity_);
}

void* MemoryPool::allocate(std::size_t bytes) {
  const std::size_t size = rounded_up(std::max<std::size_t>(bytes, 1), kAlignment);
  const std::lock_guard lock(mutex_);
  Offset offset = top_;
  const auto fit = free_by_size_.lower_bound({size, 0});
  if (fit != free_by_size_.end()) {
    const auto piece = free_by_place_.find(fit->second);
    const std::size_t rest = piece->second - size;
    offset = piece->first;
    remove_free(piece);
    if (rest > 0) add_free(offset + size, rest);
  } else {
    if (size > capacity_ - top_) return nullptr;
    top_ += size;
    high_water_ = std::max(high_water_, top_);
  }
  taken_.emplace(offset, size);
  in_use_ += size;
  return base_ + offset;
}

bool MemoryPool::release(void* address) {
  auto* place = static_cast<char*>(address);
  if (place < base_ || place >= base_ + capacity_) return false;
  const std::lock_guard lock(mutex_);
  const auto taken = taken_.find(static_cast<Offset>(place - base_));
  Offset offset = taken->first;
  std::size_t size = taken->second;
  taken_.erase(taken);
  in_use_ -= size;
  auto next = free_by_place_.lower_bound(offset);
  if (next != free_by_place_.end() && next->first == offset + size) {
    size += next->second;
    const auto joined = next++;
    remove_free(joined);
  }
  if (next != free_by_place_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      offset = before->first;
      size += before->second;
      remove_free(before);
    }
  }
  if (offset + size == top_) {
    top_ = offset;
  } else {
    add_free(offset, size);
  }
  return true;
}

void MemoryPool::add_free(Offset offset, std::size_t bytes) {
  free_by_place_.emplace(offset, bytes);
  free_by_size_.emplace(bytes, offset);
}

void MemoryPool::remove_free(std::map<Offset, std::size_t>::iterator piece) {
  free_by_size_.erase({piece->second, piece->first});
  free_by_place_.erase(piece);
}

MemoryPool::Usage MemoryPool::usage() const {
  const std::lock_guard lock(mutex_);
  return {in_use_, high_water_};
}

void keep_tensor_memory() {
  // Scratch memory of the math libraries comes from malloc: keep it, too, instead of mapping it anew in every call.
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 512 << 20);
  ::mallopt(M_TOP_PAD, 64 << 20);
  static auto* allocator = new PoolAllocator();
  c10::SetCPUAllocator(allocator, /*priority=*/1);
}

std::int64_t peak_memory_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace understudy
