#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "clusters/gpu_environment.h"
#include "common/file_system.h"
#include "trainer/recipe.h"

namespace understudy {

/// A file that only grows, and of which a checkpoint vouches for the first bytes. A failed write is an error at once,
/// not at exit.
class VouchedFile {
 public:
  /// Opens for appending; `keep_bytes` >= 0 first puts a new file of that many of the old one's bytes (what a
  /// checkpoint vouches for) in its place. An older start that still lives writes on into the file that no longer has a
  /// name.
  /// @throws CheckpointError  when the file is shorter than that. @throws FileError
  VouchedFile(std::filesystem::path path, std::int64_t keep_bytes, const FileSystem& files = system_files());

  void append(std::string_view bytes);
  /// Makes what was appended so far durable; from any thread. @throws FileError
  void sync();
  std::int64_t bytes() const { return bytes_; }

 private:
  void replace_by_first(std::size_t bytes, const FileSystem& files) const;

  std::filesystem::path path_;
  std::unique_ptr<OutputFile> file_;
  std::int64_t bytes_ = 0;  ///< of the file
};

/// Such a file of one JSON object a line.
class JsonLines : public VouchedFile {
 public:
  using VouchedFile::VouchedFile;
  void append(const std::string& json) { VouchedFile::append(json + '\n'); }
};

/// @throws CheckpointError  when metrics.jsonl of a run is shorter than a checkpoint says it was
void require_log_of(const std::filesystem::path& run, std::uint64_t bytes);

/// A line of metrics.jsonl: what the run computed, nothing of time or machines.
std::string metrics_line(Iteration iteration, const std::string& phase, const std::vector<Term>& terms);
std::string validation_line(Iteration completed,
                            const std::string& phase,
                            std::int64_t episodes,
                            const std::vector<Term>& means);

/// What environment.json says of the newest start of a run: what it ran on, and every environment variable that changes
/// how ranks compute and talk.
/// @param nodes  of the ranks, in their order
std::string start_record(std::uint64_t incarnation,
                         c10::Device device,
                         const std::vector<std::string>& nodes,
                         const Environment& environment);

}  // namespace understudy
