#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "checkpoints/storage_reader.h"
#include "common/file_system.h"
#include "common/hash.h"

namespace understudy {

/// Where a writer of a format puts its bytes, in order.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// One file of a checkpoint as its writer knows it.
struct PartInfo {
  std::string name;
  std::uint64_t size = 0;  ///< bytes
  std::string sha256;      ///< 64 lower-case hexadecimal digits
  bool operator==(const PartInfo&) const = default;
};

/// A file of a folder under construction. Size and SHA-256 are those of the bytes handed over, not of what the disk
/// gives back. The folder is published as a whole, so the file has its final name from the start.
class PartFile {
 public:
  /// @throws FileError  when the file cannot be made
  PartFile(const std::filesystem::path& folder, std::string name, const FileSystem& files = system_files());

  /// @throws FileError  names the file and the reason (disk full among them)
  void write(std::span<const std::byte> bytes);
  /// Syncs and closes. @throws FileError
  PartInfo finish();

 private:
  std::unique_ptr<OutputFile> file_;
  PartInfo info_;
  Sha256 hash_;
};

/// Compares a file with what was written into it, as the storage gives it back.
class ReadBack {
 public:
  /// @throws FileError
  explicit ReadBack(std::filesystem::path path) : file_(std::move(path)) {}
  /// The next bytes of the file. @throws StorageError  when it has others or ends before
  void expect(std::span<const std::byte> bytes);
  /// @throws StorageError  when the file goes on
  void expect_end();

 private:
  [[noreturn]] void fail(std::string_view reason) const;

  StorageReader file_;
  std::uint64_t offset_ = 0;
  std::span<const std::byte> found_;  ///< read, and not compared yet
};

/// Writes a small part whole. @throws FileError
PartInfo write_part(const std::filesystem::path& folder,
                    std::string name,
                    std::string_view text,
                    const FileSystem& files = system_files());

}  // namespace understudy
