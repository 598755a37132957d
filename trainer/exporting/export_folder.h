#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoints/named_tensors.h"
#include "checkpoints/pickle.h"
#include "checkpoints/safetensors.h"

namespace understudy {

/// A finished file of an export, for the model card.
struct ExportedFile {
  std::string name;
  std::string what;    ///< one sentence: what it holds and who reads it
  std::uint64_t size;  ///< bytes
  std::string sha256;
};

/// The user asked to stop: unwinds an export, which leaves nothing behind.
class ExportStopped : public std::runtime_error {
 public:
  ExportStopped() : std::runtime_error("the export was stopped on request") {}
};

/// An export under construction: a folder with a temporary name beside its final one, removed again unless it was
/// published. Whatever is written is read back and compared before the next file is begun.
/// Where a request to stop was made, every step below and `publish` throw ExportStopped instead.
class ExportFolder {
 public:
  /// @param stop_requested  whether to give up; asked between the steps. Empty: never
  /// @throws ConfigError  when `out` exists. @throws FileError
  explicit ExportFolder(std::filesystem::path out,
                        std::function<bool()> stop_requested = {},
                        const FileSystem& disk = system_files());
  ~ExportFolder();
  ExportFolder(const ExportFolder&) = delete;
  ExportFolder& operator=(const ExportFolder&) = delete;

  /// @throws FileError  on a failed write. @throws CheckpointError  when the file gives other bits back
  void write_safetensors(const std::string& name,
                         const NamedTensors& tensors,
                         std::string what,
                         const Metadata& metadata = {});
  void write_torch(const std::string& name, const PickleValue& value, std::string what);
  void write_text(const std::string& name, std::string_view text, std::string what);
  /// For a caller whose own steps are long. @throws ExportStopped
  void leave_if_asked() const;
  /// What `write` puts into a stream; the caller checks it. @throws FileError
  void write_stream(const std::string& name, const std::function<void(std::ostream&)>& write) const;
  /// Takes a file that the caller wrote to path_of(name) and checked.
  void add_file(const std::string& name, std::string what);
  /// Something that the reader of the model card should know.
  void add_note(std::string note) { notes_.push_back(std::move(note)); }

  std::filesystem::path path_of(const std::string& name) const { return folder_ / name; }
  const std::vector<ExportedFile>& files() const { return files_; }
  const std::vector<std::string>& notes() const { return notes_; }

  /// Gives the folder its final name. @throws FileError
  void publish();

 private:
  void remove_folder() const;

  std::filesystem::path out_;
  std::function<bool()> stop_requested_;
  const FileSystem& disk_;
  std::filesystem::path folder_;
  std::vector<ExportedFile> files_;
  std::vector<std::string> notes_;
};

/// @throws CheckpointError  naming the first tensor whose name, type, shape or bits differ; the order does not count
void require_same_tensors(const NamedTensors& wanted, const NamedTensors& found, std::string_view file);

/// The same for everything a PyTorch file can hold; here the order of dicts counts.
void require_same_value(const PickleValue& wanted, const PickleValue& found, const std::string& place);

}  // namespace understudy
