#include "common/file_system.h"

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>  // renameat2, which <cstdio> does not promise
#include <sys/stat.h>
#include <unistd.h>

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0777;  // the umask takes from it

/// The device or its server failed, rather than refused.
bool may_pass(int reason) {
  return reason == EIO || reason == ESTALE || reason == ETIMEDOUT || reason == EHOSTDOWN || reason == EHOSTUNREACH ||
         reason == ENOTCONN || reason == EREMOTEIO;
}

[[noreturn]] void fail(const fs::path& path, std::string_view action) {
  throw_file_error(path, action, errno);
}

class SystemFile : public OutputFile {
 public:
  SystemFile(fs::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  ~SystemFile() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  SystemFile(const SystemFile&) = delete;
  SystemFile& operator=(const SystemFile&) = delete;

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(path_, "write");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void sync() override {
    if (::fsync(descriptor_) != 0) fail(path_, "sync");
  }

  void close() override {
    if (::close(std::exchange(descriptor_, -1)) != 0) fail(path_, "close");
  }

 private:
  fs::path path_;
  int descriptor_;
};

class SystemFiles : public FileSystem {
 public:
  std::unique_ptr<OutputFile> create(const fs::path& path) const override { return open(path, O_TRUNC, "create"); }

  std::unique_ptr<OutputFile> create_new(const fs::path& path) const override {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
    if (descriptor < 0 && errno == EEXIST) return nullptr;
    if (descriptor < 0) fail(path, "create");
    return std::make_unique<SystemFile>(path, descriptor);
  }

  std::unique_ptr<OutputFile> append(const fs::path& path) const override { return open(path, O_APPEND, "open"); }

  bool make_folder(const fs::path& path) const override {
    if (::mkdir(path.c_str(), kFolderMode) == 0) return true;
    if (errno != EEXIST || !fs::is_directory(path)) fail(path, "create the folder");
    return false;
  }

  void rename(const fs::path& from, const fs::path& to) const override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail(from, fmt::format("rename to {}", to.string()));
  }

  bool exchange(const fs::path& a, const fs::path& b) const override {
    if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
    if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return false;
    fail(a, fmt::format("exchange with {}", b.string()));
  }

  bool link(const fs::path& file, const fs::path& name) const override {
    if (::link(file.c_str(), name.c_str()) == 0) return true;
    if (errno != EEXIST) fail(file, fmt::format("link as {}", name.string()));
    return false;
  }

  void symlink(const fs::path& target, const fs::path& name) const override {
    if (::symlink(target.c_str(), name.c_str()) != 0) fail(name, "link");
  }

  bool remove(const fs::path& path) const override {
    if (::unlink(path.c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    if ((errno != EISDIR && errno != EPERM) || ::rmdir(path.c_str()) != 0) fail(path, "remove");
    return true;
  }

  void sync_folder(const fs::path& folder) const override {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) fail(folder, "open to sync");
    const int result = ::fsync(descriptor);
    const int reason = errno;
    ::close(descriptor);
    if (result != 0) throw_file_error(folder, "sync", reason);
  }

 private:
  static std::unique_ptr<OutputFile> open(const fs::path& path, int how, std::string_view action) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, kFileMode);
    if (descriptor < 0) fail(path, action);
    return std::make_unique<SystemFile>(path, descriptor);
  }
};

}  // namespace

const FileSystem& system_files() {
  static const SystemFiles files;
  return files;
}

void make_folders(const FileSystem& files, const fs::path& folder) {
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return;
  const fs::path named = folder.has_filename() ? folder : folder.parent_path();
  make_folders(files, named.parent_path());
  files.make_folder(named);
  files.sync_folder(named.has_parent_path() ? named.parent_path() : ".");
}

void remove_tree(const FileSystem& files, const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(fs::symlink_status(path, error))) {
    std::vector<fs::path> inside;
    for (const auto& entry : fs::directory_iterator(path, error)) inside.push_back(entry.path());
    if (error) throw_file_error(path, "list", error.value());
    for (const fs::path& entry : inside) remove_tree(files, entry);
  }
  files.remove(path);
}

void throw_file_error(const fs::path& path, std::string_view action, int reason) {
  const bool full = reason == ENOSPC || reason == EDQUOT;
  const std::string text =
      fmt::format("{}: cannot {}: {}{}",
                  path.string(),
                  action,
                  std::strerror(reason),
                  full ? "; free space, keep fewer checkpoints or choose another file system" : "");
  if (may_pass(reason)) throw StorageError(text);
  throw FileError(text);
}

}  // namespace understudy
