#include "data_pipeline/set_lock.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace understudy {
namespace {

bool lock(int descriptor) {
  while (::flock(descriptor, LOCK_EX) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

/// Whether the name still stands for the opened file: who held the lock before has removed it.
bool is_named(int descriptor, const std::filesystem::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

}  // namespace

SetLock::SetLock(const std::filesystem::path& folder, std::string_view name) : path_(folder / name) {
  for (;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0 || !lock(descriptor_) || is_named(descriptor_, path_)) return;
    ::close(std::exchange(descriptor_, -1));
  }
}

SetLock::~SetLock() {
  if (descriptor_ < 0) return;
  ::unlink(path_.c_str());  // before the lock is given back, so that it is this file and no other's
  ::close(descriptor_);
}

}  // namespace understudy
