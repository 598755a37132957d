#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <c10/core/Device.h>

#include "checkpoints/manifest.h"
#include "clusters/gpu_environment.h"
#include "common/file_system.h"
#include "common/hash.h"
#include "trainer/recipe.h"

namespace understudy {

/// A file that only grows, and of which a checkpoint vouches for the first bytes. A failed write is an error at once,
/// not at exit.
class VouchedFile {
 public:
  /// Opens for appending; `keep_bytes` >= 0 first puts a new file of that many of the old one's bytes (what a
  /// checkpoint vouches for) in its place. An older start that still lives writes on into the file that no longer has a
  /// name.
  /// @param sha256  of those bytes; "" where the checkpoint does not say
  /// @throws CheckpointError  when the file is shorter than that, or its bytes are others. @throws FileError
  VouchedFile(std::filesystem::path path,
              std::int64_t keep_bytes,
              const FileSystem& files = system_files(),
              std::string_view sha256 = {});

  void append(std::string_view bytes);
  /// Makes what was appended so far durable; from any thread. @throws FileError
  void sync();
  /// After the last append. Nothing vouches for bytes that were not synced, but a file system that cannot keep them
  /// may say so here. @throws FileError
  void close();
  std::int64_t bytes() const { return bytes_; }
  /// SHA-256 of the file's bytes; "" when it was opened with all that was in it.
  std::string sha256() const;

 private:
  void replace_by_first(std::size_t bytes, std::string_view sha256, const FileSystem& files);

  std::filesystem::path path_;
  std::unique_ptr<OutputFile> file_;
  std::int64_t bytes_ = 0;      ///< of the file
  std::optional<Sha256> hash_;  ///< of the file, which takes no second look at bytes that a disk may have changed
};

/// Such a file of one JSON object a line. A line that could not be written, of which a part may be there, is closed
/// before the next.
class JsonLines : public VouchedFile {
 public:
  using VouchedFile::VouchedFile;
  void append(const std::string& json) {
    const bool ends_a_line = std::exchange(ends_a_line_, false);
    VouchedFile::append((ends_a_line ? "" : "\n") + json + '\n');
    ends_a_line_ = true;
  }

 private:
  bool ends_a_line_ = true;  ///< what this object appended
};

/// @throws CheckpointError  when metrics.jsonl of a run is shorter than a checkpoint says it was, or other
void require_log_of(const std::filesystem::path& run, const Manifest& checkpoint);

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
