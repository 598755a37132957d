#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace understudy {

/// Hands out pieces of one large range of addresses and takes them back, without returning memory to the system: what a
/// training step frees, the next step uses again, already mapped. The range asks for huge pages; addresses that were
/// never handed out cost nothing. The smallest free piece that fits is used, and neighbours are joined when freed.
class MemoryPool {
 public:
  /// @param capacity  bytes of address space; memory is used only as it is handed out
  explicit MemoryPool(std::size_t capacity);
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  /// 64-byte aligned, or null when the range is exhausted. Safe on any thread.
  void* allocate(std::size_t bytes);
  /// @returns false when the address is not one of the pool's, which is no error: the caller frees it elsewhere
  bool release(void* address);

  struct Usage {
    std::size_t in_use = 0;      ///< bytes handed out now
    std::size_t high_water = 0;  ///< bytes of the range ever touched
  };
  Usage usage() const;

 private:
  using Offset = std::size_t;
  void add_free(Offset offset, std::size_t bytes);
  void remove_free(std::map<Offset, std::size_t>::iterator piece);

  std::size_t capacity_;
  char* base_ = nullptr;
  mutable std::mutex mutex_;
  Offset top_ = 0;  ///< everything from here on was never handed out
  std::size_t in_use_ = 0;
  std::size_t high_water_ = 0;
  std::map<Offset, std::size_t> free_by_place_;
  std::set<std::pair<std::size_t, Offset>> free_by_size_;
  std::unordered_map<Offset, std::size_t> taken_;
};

/// Makes torch take its CPU tensors from a MemoryPool for the rest of the process. Pieces below 64 KiB stay with
/// malloc, which is good at them. Called once, before the first tensor of a training or rendering command.
void keep_tensor_memory();

/// Largest resident size of this process so far, in bytes.
std::int64_t peak_memory_bytes();

}  // namespace understudy
