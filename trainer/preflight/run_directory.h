#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "checkpoints/store.h"
#include "trainer/findings.h"

namespace understudy {

/// What a start would find in a run directory.
struct RunDirectory {
  std::filesystem::path path;
  std::optional<LoadedCheckpoint> newest;  ///< the intact checkpoint that a start would resume
  std::int64_t checkpoint_bytes = 0;       ///< that its checkpoints take now
  std::optional<std::int64_t> free_bytes;  ///< of the file system that it is on, or would be
};

/// Looks whether a run can start or resume here. Makes and removes one empty file, because permissions, quotas and
/// read-only mounts are known for sure by trying alone; the directory itself is not made.
RunDirectory check_run_directory(const std::filesystem::path& path, Findings& findings);

/// The number of the run's last start, if it has not said how it ended: it is alive, or was killed.
std::optional<std::uint64_t> start_without_end(const std::filesystem::path& run);

}  // namespace understudy
