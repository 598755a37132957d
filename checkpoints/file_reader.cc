#include "checkpoints/file_reader.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/errors.h"
#include "common/file_system.h"

namespace understudy {
namespace {

[[noreturn]] void fail_by_system(const std::filesystem::path& path, std::string_view action) {
  throw_file_error(path, action, errno);
}

}  // namespace

FileReader::FileReader(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) fail_by_system(path_, "open for reading");
  struct stat status {};
  const bool is_file = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  if (!is_file) {
    ::close(descriptor_);
    throw FileError(fmt::format("{}: not a regular file", path_.string()));
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

FileReader::~FileReader() {
  ::close(descriptor_);
}

void FileReader::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  if (offset > size_ || bytes.size() > size_ - offset) {
    fail(fmt::format("{} bytes at offset {} lie beyond the end ({} bytes); the file was cut short or damaged",
                     bytes.size(),
                     offset,
                     size_));
  }
  while (!bytes.empty()) {
    const ssize_t count = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_by_system(path_, "read");
    if (count == 0) fail("became shorter while it was read");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

std::string FileReader::read_text(std::uint64_t offset, std::uint64_t bytes) const {
  if (bytes > size_) fail(fmt::format("a record of {} bytes is longer than the file ({} bytes)", bytes, size_));
  std::string text(bytes, '\0');
  read(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

void FileReader::fail(std::string_view reason) const {
  throw CheckpointError(fmt::format("{}: {}", path_.string(), reason));
}

}  // namespace understudy
