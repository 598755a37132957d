#include "checkpoints/storage_reader.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/errors.h"
#include "common/file_system.h"
#include "common/hash.h"

namespace understudy {
namespace {

/// Where a direct read begins and how long it is must be multiples of the storage's block, which is at most this.
constexpr std::size_t kAlignment = 4096;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

[[noreturn]] void fail_by_system(const std::filesystem::path& path, std::string_view action) {
  throw_file_error(path, action, errno);
}

}  // namespace

void StorageReader::Free::operator()(std::byte* memory) const {
  std::free(memory);
}

StorageReader::StorageReader(std::filesystem::path path)
    : path_(std::move(path)), piece_(static_cast<std::byte*>(std::aligned_alloc(kAlignment, kPieceBytes))) {
  if (!piece_) throw std::bad_alloc();
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
  direct_ = descriptor_ >= 0;
  if (!direct_ && errno == EINVAL) descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) fail_by_system(path_, "open for reading");
  if (!direct_) ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
}

StorageReader::~StorageReader() {
  ::close(descriptor_);
}

std::span<const std::byte> StorageReader::next() {
  while (true) {
    const ssize_t count = ::pread(descriptor_, piece_.get(), kPieceBytes, static_cast<off_t>(offset_));
    if (count >= 0) {
      offset_ += static_cast<std::uint64_t>(count);
      return {piece_.get(), static_cast<std::size_t>(count)};
    }
    if (errno == EINTR) continue;
    // Larger blocks than foreseen, or the end of a file that is no multiple of them.
    if (errno != EINVAL || !direct_ || ::fcntl(descriptor_, F_SETFL, O_RDONLY) != 0) fail_by_system(path_, "read");
    direct_ = false;
  }
}

std::string sha256_of_stored_file(const std::filesystem::path& path) {
  StorageReader file(path);
  Sha256 hash;
  for (auto piece = file.next(); !piece.empty(); piece = file.next()) hash.update(piece);
  return hash.hex_digest();
}

}  // namespace understudy
