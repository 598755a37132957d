#pragma once

#include <filesystem>
#include <string_view>

namespace understudy {

/// Held, it keeps other processes (and other threads that ask for the same name) out until it is destroyed or its
/// process dies. The file is there for the lock's sake alone and is removed with it. Where a file system knows no
/// locks, or the file cannot be made, work goes on without.
class SetLock {
 public:
  /// Waits until it is free.
  SetLock(const std::filesystem::path& folder, std::string_view name);
  ~SetLock();
  SetLock(const SetLock&) = delete;
  SetLock& operator=(const SetLock&) = delete;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace understudy
