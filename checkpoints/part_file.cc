#include "checkpoints/part_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/errors.h"

namespace understudy {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view action) {
  const int reason = errno;
  throw FileError(fmt::format("{}: cannot {}: {}{}",
                              path.string(),
                              action,
                              std::strerror(reason),
                              reason == ENOSPC || reason == EDQUOT
                                  ? "; free space, keep fewer checkpoints or move the run to another file system"
                                  : ""));
}

}  // namespace

PartFile::PartFile(const std::filesystem::path& folder, std::string name) : path_(folder / name) {
  info_.name = std::move(name);
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(path_, "create");
}

PartFile::~PartFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PartFile::write(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  info_.size += bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

PartInfo PartFile::finish() {
  if (::fsync(descriptor_) != 0) fail(path_, "sync");
  if (::close(std::exchange(descriptor_, -1)) != 0) fail(path_, "close");
  info_.sha256 = hash_.hex_digest();
  return info_;
}

PartInfo write_part(const std::filesystem::path& folder, std::string name, std::string_view text) {
  PartFile file(folder, std::move(name));
  file.write(std::as_bytes(std::span(text.data(), text.size())));
  return file.finish();
}

}  // namespace understudy
