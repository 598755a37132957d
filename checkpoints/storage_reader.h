#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace understudy {

/// Reads a file from its beginning as the storage gives it back. What the system holds of it in memory proves nothing
/// about the storage, so reads go past that where the file system lets them, which also spares the processor a copy;
/// where it does not (in memory, some in user space), the system is asked to forget the file first.
class StorageReader {
 public:
  /// @throws FileError  when the file cannot be opened
  explicit StorageReader(std::filesystem::path path);
  ~StorageReader();
  StorageReader(const StorageReader&) = delete;
  StorageReader& operator=(const StorageReader&) = delete;

  /// The bytes that follow, until the next call; none at the end. @throws FileError  when the storage cannot read them
  std::span<const std::byte> next();

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };

  std::filesystem::path path_;
  int descriptor_ = -1;
  bool direct_ = false;  ///< past the system's cache
  std::uint64_t offset_ = 0;
  std::unique_ptr<std::byte, Free> piece_;
};

/// As sha256_of_file, of what the storage gives back. @throws FileError
std::string sha256_of_stored_file(const std::filesystem::path& path);

}  // namespace understudy
