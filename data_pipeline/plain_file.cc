#include "data_pipeline/plain_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/errors.h"
#include "common/hash.h"
#include "common/log.h"

namespace understudy {
namespace {

constexpr std::uint64_t kPage = 4096;

std::string why_not_opened(int error) {
  const std::string reason = std::strerror(error);
  if (error != EMFILE) return reason;
  return reason +
         "; each file of a set stays open: raise `ulimit -n`, or write larger shards by `understudy shard reshard`";
}

}  // namespace

PlainFile::PlainFile(std::filesystem::path path, ReadOptions options)
    : path_(std::move(path)), options_(std::move(options)) {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw DataError(fmt::format("{}: cannot open: {}", path_.string(), why_not_opened(errno)));
}

PlainFile::~PlainFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

PlainFile::PlainFile(PlainFile&& other) noexcept
    : path_(std::move(other.path_)),
      options_(std::move(other.options_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      copy_(std::move(other.copy_)) {}

std::uint64_t PlainFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    throw DataError(fmt::format("{}: cannot get its size: {}", path_.string(), std::strerror(errno)));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

ssize_t PlainFile::read_some(std::uint64_t offset, std::span<std::byte> target) const {
  const auto at = static_cast<off_t>(offset);
  return options_.read ? options_.read(descriptor_, target.data(), target.size(), at)
                       : ::pread(descriptor_, target.data(), target.size(), at);
}

void PlainFile::read_at(std::uint64_t offset, std::span<std::byte> target) const {
  while (!target.empty()) {
    const ssize_t got = read_some(offset, target);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw DataError(fmt::format("{}: cannot read {} bytes at {}: {}",
                                  path_.string(),
                                  target.size(),
                                  offset,
                                  got < 0 ? std::strerror(errno) : "the file was cut short after it was opened"));
    }
    offset += static_cast<std::uint64_t>(got);
    target = target.subspan(static_cast<std::size_t>(got));
  }
}

std::uint32_t PlainFile::read_checked(std::uint64_t offset,
                                      std::span<std::byte> target,
                                      std::uint32_t stored_crc,
                                      ReadCounts* counts) const {
  const FilePart part{offset, target};
  return read_checked({&part, 1}, stored_crc, counts);
}

std::uint32_t PlainFile::read_checked(std::span<const FilePart> parts,
                                      std::uint32_t stored_crc,
                                      ReadCounts* counts) const {
  const auto read = [&](const PlainFile& file) {
    std::uint32_t crc = 0;
    for (const FilePart& part : parts) {
      file.read_at(part.offset, part.target);
      crc = crc32c(part.target, crc);
      if (counts != nullptr) counts->bytes += part.target.size();
    }
    return crc;
  };
  if (const auto copy = copy_->load()) {
    try {
      if (const std::uint32_t found = read(*copy); found == stored_crc) return found;
    } catch (const DataError&) {
      // Its disk may fail while this file is well.
    }
    leave_copy(*copy);
  } else {
    if (const std::uint32_t found = read(*this); found == stored_crc) return found;
    for (const FilePart& part : parts) drop_cache(part.offset, part.target.size());
  }
  if (counts != nullptr) ++counts->repeated;
  return read(*this);
}

void PlainFile::use_copy(std::shared_ptr<const PlainFile> copy) const {
  copy_->store(std::move(copy));
}

bool PlainFile::has_copy() const {
  return copy_->load() != nullptr;
}

void PlainFile::leave_copy(const PlainFile& copy) const {
  spdlog::warn(
      "{}: is no true copy of {}; it is removed, and the original is read", copy.path().string(), path_.string());
  std::error_code ignored;
  std::filesystem::remove(copy.path(), ignored);
  copy_->store(nullptr);
}

void PlainFile::drop_cache(std::uint64_t offset, std::uint64_t bytes) const {
  const std::uint64_t begin = offset / kPage * kPage;
  const std::uint64_t end = (offset + bytes + kPage - 1) / kPage * kPage;  // the system drops whole pages only
  ::posix_fadvise(descriptor_, static_cast<off_t>(begin), static_cast<off_t>(end - begin), POSIX_FADV_DONTNEED);
}

void PlainFile::read_ahead(std::uint64_t offset, std::uint64_t bytes) const {
  ::posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
}

std::filesystem::path publish_file(const std::filesystem::path& partial, const std::filesystem::path& final_name) {
  std::error_code error;
  std::filesystem::rename(partial, final_name, error);
  if (error) throw FileError(fmt::format("{}: cannot publish: {}", final_name.string(), error.message()));
  return final_name;
}

}  // namespace understudy
