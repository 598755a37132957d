#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace understudy {

/// A file open for reading at any offset. Reads go into the caller's memory and not through a mapping, so that a file
/// cut short by somebody else is an error and not a signal.
class FileReader {
 public:
  /// @throws FileError  when the file cannot be opened
  explicit FileReader(std::filesystem::path path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  /// @throws CheckpointError  when the range does not lie in the file; FileError when the system cannot read it
  void read(std::uint64_t offset, std::span<std::byte> bytes) const;
  std::string read_text(std::uint64_t offset, std::uint64_t bytes) const;

  /// Throws CheckpointError "<file>: <reason>".
  [[noreturn]] void fail(std::string_view reason) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace understudy
