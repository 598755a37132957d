#include "common/atomic_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/errors.h"

namespace understudy {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view action) {
  const int reason = errno;
  throw FileError(
      fmt::format("{}: cannot {}: {}{}",
                  path.string(),
                  action,
                  std::strerror(reason),
                  reason == ENOSPC || reason == EDQUOT ? "; free space or move the run to another file system" : ""));
}

void sync_path(const std::filesystem::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) fail(path, "open to sync");
  const int result = ::fsync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  if (result != 0) fail(path, "sync");
}

std::filesystem::path parent_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), temporary_(fmt::format("{}.tmp.{}", path_.string(), ::getpid())) {
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(temporary_, "create");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(temporary_, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail(temporary_, "sync");
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary_.c_str());
    errno = reason;
    fail(path_, "publish");
  }
  sync_folder(parent_of(path_));
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(path, "open for reading");
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) fail(path, "read");
  return std::move(text).str();
}

void sync_file(const std::filesystem::path& path) {
  sync_path(path, O_RDONLY);
}

void sync_folder(const std::filesystem::path& folder) {
  sync_path(folder, O_RDONLY | O_DIRECTORY);
}

void publish_folder(const std::filesystem::path& temporary, const std::filesystem::path& final_name) {
  sync_folder(temporary);
  // A folder that holds anything is never replaced by rename; an empty one may be, and nothing is lost by it.
  if (::rename(temporary.c_str(), final_name.c_str()) != 0) fail(final_name, "publish folder");
  sync_folder(parent_of(final_name));
}

}  // namespace understudy
