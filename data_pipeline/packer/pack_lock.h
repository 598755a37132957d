#pragma once

#include <filesystem>

namespace understudy {

/// Keeps other packs away from an output folder while it lives; the system lets go when the process ends, however it
/// ends. Where the file system knows no locks, none is held.
class PackLock {
 public:
  /// @param folder  of the work, made where it is not there. @throws DataError  when another pack holds it
  explicit PackLock(const std::filesystem::path& folder);
  ~PackLock();
  PackLock(const PackLock&) = delete;
  PackLock& operator=(const PackLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace understudy
