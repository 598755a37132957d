#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/file_system.h"

namespace understudy {

/// Writes a file under a temporary name beside its own; `commit` syncs it, renames it and syncs the folder. A file that
/// was not committed is removed, so that under the final name there is the old file or the whole new one, never a part.
class AtomicFile {
 public:
  /// @throws FileError  when the temporary file cannot be made
  explicit AtomicFile(std::filesystem::path path, const FileSystem& files = system_files());
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// @throws FileError  on a failed write; the message names the file and the reason (disk full among them)
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Publishes the file. @throws FileError
  void commit();

 private:
  const FileSystem& files_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::unique_ptr<OutputFile> file_;
  bool committed_ = false;
};

/// Writes a small file whole and durably. @throws FileError
void write_file_atomically(const std::filesystem::path& path,
                           std::string_view text,
                           const FileSystem& files = system_files());

/// Removes temporary files that killed programs left in a folder, which need not exist. For the one program that writes
/// there. @throws FileError
void remove_unpublished_files(const std::filesystem::path& folder, const FileSystem& files = system_files());

/// @throws FileError  when the file cannot be opened or read
std::string read_file(const std::filesystem::path& path);

/// Makes the file's contents and size durable. @throws FileError
void sync_file(const std::filesystem::path& path);

/// Renames a fully written and synced folder to its final name and syncs the parent.
/// @throws FileError  also when the final name is taken
void publish_folder(const std::filesystem::path& temporary,
                    const std::filesystem::path& final_name,
                    const FileSystem& files = system_files());

}  // namespace understudy
