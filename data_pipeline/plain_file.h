#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace understudy {

/// A file that is read at given places, from any number of threads at a time.
class PlainFile {
 public:
  /// @throws DataError  when it cannot be opened
  explicit PlainFile(std::filesystem::path path);
  ~PlainFile();
  PlainFile(PlainFile&& other) noexcept;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const;
  /// Fills all of `target`. @throws DataError  when the file ends before, or cannot be read
  void read_at(std::uint64_t offset, std::span<std::byte> target) const;
  /// Asks the system to forget its copy of a range, so that the next read comes from the disk.
  void drop_cache(std::uint64_t offset, std::uint64_t bytes) const;
  /// Tells the system that a range will be wanted soon.
  void read_ahead(std::uint64_t offset, std::uint64_t bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Renames a synced file to its final name; the caller syncs the folder once, when all names are there.
/// @return  the final name. @throws FileError
std::filesystem::path publish_file(const std::filesystem::path& partial, const std::filesystem::path& final_name);

}  // namespace understudy
