#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "common/errors.h"

namespace understudy {

/// A file that is being written. One that is not closed is closed when it is destroyed, and errors are lost.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  /// Appends all of it. @throws FileError
  virtual void write(std::span<const std::byte> bytes) = 0;
  /// Makes what was written durable, but not the file's name: see FileSystem::sync_folder. @throws FileError
  virtual void sync() = 0;
  /// Some file systems tell of a full disk only here. @throws FileError
  virtual void close() = 0;
};

/// Every change that a run makes to its storage: checkpoints, logs, links, pictures, exports. One interface, so that a
/// test can record the changes, refuse any of them, and build what a loss of power between any two leaves behind.
/// Each call is one step of the operating system, done whole or not at all. Reading goes around it.
///
/// All throw FileError with the path, what was tried and the system's reason.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// An empty file, in the place of an old one.
  virtual std::unique_ptr<OutputFile> create(const std::filesystem::path& path) const = 0;
  /// Nothing when the name is taken.
  virtual std::unique_ptr<OutputFile> create_new(const std::filesystem::path& path) const = 0;
  /// The end of a file, which is made when there is none.
  virtual std::unique_ptr<OutputFile> append(const std::filesystem::path& path) const = 0;

  /// One folder in another that exists. @returns  false when it is there already
  virtual bool make_folder(const std::filesystem::path& path) const = 0;
  /// Replaces a file, a link or an empty folder of the new name.
  virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to) const = 0;
  /// Gives each the other's name. @returns  false where the file system cannot do that in one step (NFS)
  virtual bool exchange(const std::filesystem::path& a, const std::filesystem::path& b) const = 0;
  /// A second name of a file. @returns  false when it is taken
  virtual bool link(const std::filesystem::path& file, const std::filesystem::path& name) const = 0;
  virtual void symlink(const std::filesystem::path& target, const std::filesystem::path& name) const = 0;
  /// A file, a link or an empty folder. @returns  false when there is none
  virtual bool remove(const std::filesystem::path& path) const = 0;
  /// Makes names created, renamed or removed inside the folder durable.
  virtual void sync_folder(const std::filesystem::path& folder) const = 0;
};

/// The operating system's.
const FileSystem& system_files();

/// The folder and its missing parents, with durable names.
void make_folders(const FileSystem& files, const std::filesystem::path& folder);

/// A file, or a folder with all it holds; nothing may be there.
void remove_tree(const FileSystem& files, const std::filesystem::path& path);

/// "PATH: cannot ACTION: reason", with the remedy for a full disk. @param reason  an errno
/// @throws StorageError  for reasons that may pass; FileError for others
[[noreturn]] void throw_file_error(const std::filesystem::path& path, std::string_view action, int reason);

}  // namespace understudy
