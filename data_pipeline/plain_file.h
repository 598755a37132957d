#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>

#include <sys/types.h>

namespace understudy {

/// Stands for pread(2), errno included: how tests and measurements play another file system.
using PositionedRead = std::function<ssize_t(int descriptor, void* target, std::size_t bytes, off_t offset)>;

struct ReadOptions {
  PositionedRead read = {};  ///< empty: pread(2)
};

struct FilePart {
  std::uint64_t offset = 0;
  std::span<std::byte> target;
};

/// What reading took, summed by whoever hands one along.
struct ReadCounts {
  std::uint64_t bytes = 0;
  std::uint64_t repeated = 0;  ///< reads done again because of a wrong CRC32C
};

/// A file that is read at given places, from any number of threads at a time.
class PlainFile {
 public:
  /// @throws DataError  when it cannot be opened
  explicit PlainFile(std::filesystem::path path, ReadOptions options = {});
  ~PlainFile();
  PlainFile(PlainFile&& other) noexcept;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const;
  /// Fills all of `target`. @throws DataError  when the file ends before, or cannot be read
  void read_at(std::uint64_t offset, std::span<std::byte> target) const;
  /// Fills all of `target`; bytes that fail their checksum are dropped from the page cache and read once more, since
  /// memory and caches fail too. @param counts  may be null
  /// @return  CRC32C of the target. @throws DataError  as `read_at`
  std::uint32_t read_checked(std::uint64_t offset,
                             std::span<std::byte> target,
                             std::uint32_t stored_crc,
                             ReadCounts* counts) const;
  /// The same for parts that have one checksum together.
  std::uint32_t read_checked(std::span<const FilePart> parts, std::uint32_t stored_crc, ReadCounts* counts) const;
  /// From now on checked reads come from a file of the same bytes, on a faster disk, say. When it cannot be read or
  /// fails a checksum, it is removed and this file is read again. Reads may go on meanwhile.
  void use_copy(std::shared_ptr<const PlainFile> copy) const;
  bool has_copy() const;
  /// Asks the system to forget its copy of a range, so that the next read comes from the disk.
  void drop_cache(std::uint64_t offset, std::uint64_t bytes) const;
  /// Tells the system that a range will be wanted soon.
  void read_ahead(std::uint64_t offset, std::uint64_t bytes) const;

 private:
  using Copy = std::atomic<std::shared_ptr<const PlainFile>>;

  ssize_t read_some(std::uint64_t offset, std::span<std::byte> target) const;
  void leave_copy(const PlainFile& copy) const;

  std::filesystem::path path_;
  ReadOptions options_;
  int descriptor_ = -1;
  std::unique_ptr<Copy> copy_ = std::make_unique<Copy>();
};

/// Renames a synced file to its final name; the caller syncs the folder once, when all names are there.
/// @return  the final name. @throws FileError
std::filesystem::path publish_file(const std::filesystem::path& partial, const std::filesystem::path& final_name);

}  // namespace understudy
