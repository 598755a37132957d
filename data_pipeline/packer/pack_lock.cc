#include "data_pipeline/packer/pack_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/errors.h"

namespace understudy {

PackLock::PackLock(const std::filesystem::path& folder) {
  std::error_code ignored;  // what cannot be written here is said by who writes it
  std::filesystem::create_directories(folder, ignored);
  const std::filesystem::path path = folder / "lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(descriptor_);
  throw DataError(
      fmt::format("{}: another pack is at work here; wait until it ends, or name another --out", path.string()));
}

PackLock::~PackLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace understudy
