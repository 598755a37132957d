#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>

#include "data_pipeline/file_entry.h"
#include "data_pipeline/plain_file.h"

namespace understudy {

/// Copies of shards on a disk that is faster than the one they come from, shared by all processes of a node and kept
/// from run to run. Copies are made whole, checked against the manifest's SHA-256 and published by renaming; when there
/// is no room, those whose last use is longest ago make way, but none that a process has open. Trouble of any kind is
/// logged and means only that there is no copy.
class ShardCache {
 public:
  /// @param capacity  bytes that all copies together may take. @throws FileError  when the folder cannot be made
  ShardCache(std::filesystem::path folder, std::uint64_t capacity);

  /// The copy of a file, made if there is none; it cannot be removed while the result lives.
  /// @return  nothing when there is no room, another process is making it at this moment, or `stop` was requested
  std::shared_ptr<const PlainFile> fetch(const std::filesystem::path& source,
                                         const FileEntry& entry,
                                         const std::stop_token& stop = {}) const;

 private:
  std::shared_ptr<const PlainFile> find(const FileEntry& entry) const;
  int reserve(const FileEntry& entry) const;
  bool make_room(std::uint64_t bytes) const;

  std::filesystem::path folder_;
  std::uint64_t capacity_;
  mutable std::atomic<bool> told_ = false;  ///< why there is no room
};

}  // namespace understudy
