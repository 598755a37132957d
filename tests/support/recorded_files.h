#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/file_system.h"

namespace understudy {

/// One step that was asked of a file system. Paths are those of the call.
struct FileStep {
  enum class Kind {
    kCreate,  ///< a file, empty, in the place of what had the name
    kAppend,  ///< opens a file with what is in it; made empty where there is none
    kWrite,   ///< bytes at a file's end
    kSync,    ///< of a file's contents
    kClose,
    kFolder,
    kRename,  ///< path to other
    kExchange,
    kLink,     ///< of path as other
    kSymlink,  ///< other, leading to path
    kRemove,
    kSyncFolder,
  };
  Kind kind;
  std::filesystem::path path;
  std::filesystem::path other;
  std::string bytes;
  int file = -1;  ///< number of the opened file, of steps on one
};

/// Steps of several threads, in the order in which they ended.
class FileSteps {
 public:
  void add(FileStep step) {
    const std::lock_guard lock(mutex_);
    steps_.push_back(std::move(step));
  }
  /// When no thread adds any more.
  const std::vector<FileStep>& all() const { return steps_; }

 private:
  std::mutex mutex_;
  std::vector<FileStep> steps_;
};

/// Passes every step on to the system and notes those that succeed. `before` sees each step first and may throw. Of a
/// write that it refuses the first half is written, as on a disk that fills up.
class RecordedFiles : public FileSystem {
 public:
  struct Options {
    bool can_exchange = true;
    bool really_sync = true;  ///< false: syncs are noted only, for the speed
    std::function<void(const FileStep&)> before = {};
  };

  RecordedFiles() : RecordedFiles(Options{}) {}
  explicit RecordedFiles(Options options);

  const std::vector<FileStep>& steps() const { return steps_->all(); }

  std::unique_ptr<OutputFile> create(const std::filesystem::path& path) const override;
  std::unique_ptr<OutputFile> create_new(const std::filesystem::path& path) const override;
  std::unique_ptr<OutputFile> append(const std::filesystem::path& path) const override;
  bool make_folder(const std::filesystem::path& path) const override;
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) const override;
  bool exchange(const std::filesystem::path& a, const std::filesystem::path& b) const override;
  bool link(const std::filesystem::path& file, const std::filesystem::path& name) const override;
  void symlink(const std::filesystem::path& target, const std::filesystem::path& name) const override;
  bool remove(const std::filesystem::path& path) const override;
  void sync_folder(const std::filesystem::path& folder) const override;

 private:
  void announce(const FileStep& step) const;
  std::unique_ptr<OutputFile> noted(std::unique_ptr<OutputFile> file,
                                    FileStep::Kind kind,
                                    const std::filesystem::path& path) const;

  Options options_;
  std::shared_ptr<FileSteps> steps_ = std::make_shared<FileSteps>();
  std::shared_ptr<std::atomic<int>> files_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace understudy
