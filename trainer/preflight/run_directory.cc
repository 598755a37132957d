#include "trainer/preflight/run_directory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "checkpoints/incarnation.h"
#include "clusters/outcome.h"
#include "trainer/watching/run_log.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

/// The directory itself, or the nearest one above it that is there.
fs::path nearest_existing(const fs::path& path) {
  fs::path place = fs::absolute(path).lexically_normal();
  std::error_code ignored;
  while (!fs::exists(place, ignored) && place.has_relative_path()) place = place.parent_path();
  return place;
}

/// The reason why no file can be made in a folder, or "".
std::string why_not_writable(const fs::path& folder) {
  std::string name = (folder / ".doctor-XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0) return std::strerror(errno);
  ::close(descriptor);
  ::unlink(name.c_str());
  return "";
}

std::int64_t bytes_below(const fs::path& folder) {
  std::int64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) bytes += static_cast<std::int64_t>(entry.file_size(ignored));
  }
  return bytes;
}

/// The newest checkpoint that passes verification, as a resume takes it; what a resume passes over is a warning.
std::optional<LoadedCheckpoint> newest_intact(const CheckpointStore& store, Findings& findings) {
  const std::vector<std::int64_t> iterations = store.list();
  for (auto iteration = iterations.rbegin(); iteration != iterations.rend(); ++iteration) {
    const std::vector<std::string> damage = store.problems_of(*iteration, Verification::kLoading);
    if (damage.empty()) return store.open(*iteration);
    if (const auto newer = newer_version_of(store.folder_of(*iteration))) throw NewerVersionError(*newer);
    for (const std::string& what : damage)
      findings.warnings.add(fmt::format("checkpoint of iteration {} would be passed over: {}", *iteration, what));
  }
  if (!iterations.empty()) {
    findings.problems.add(
        fmt::format("{}: no intact checkpoint is left; restore one or start another run", store.run().string()));
  }
  return std::nullopt;
}

void check_last_start(const fs::path& run, Problems& warnings) {
  const auto start = start_without_end(run);
  if (!start) return;
  warnings.add(
      fmt::format("{}: start {} of this run has not said how it ended: it was killed, or it still runs; a new start "
                  "takes the run over, and the older one gives up",
                  run.string(),
                  *start));
}

}  // namespace

std::optional<std::uint64_t> start_without_end(const fs::path& run) {
  const std::uint64_t start = newest_incarnation(run);
  if (start == 0) return std::nullopt;
  std::error_code error;
  const fs::file_time_type began = fs::last_write_time(incarnation_file(run, start), error);
  if (error) return std::nullopt;
  const fs::file_time_type ended = fs::last_write_time(run / kOutcomeName, error);
  return !error && ended >= began ? std::nullopt : std::optional(start);
}

RunDirectory check_run_directory(const fs::path& path, Findings& findings) {
  RunDirectory directory{.path = path, .newest = std::nullopt};
  const fs::path place = nearest_existing(path);
  std::error_code error;
  if (!fs::is_directory(place, error)) {
    findings.problems.add(fmt::format(
        "{}: cannot be the run directory: {} is a file; name another directory", path.string(), place.string()));
    return directory;
  }
  if (const std::string reason = why_not_writable(place); !reason.empty()) {
    findings.problems.add(fmt::format("{}: cannot write in {}: {}; name another directory or change its permissions",
                                      path.string(),
                                      place.string(),
                                      reason));
  }
  const fs::space_info space = fs::space(place, error);
  if (!error) directory.free_bytes = static_cast<std::int64_t>(space.available);
  directory.checkpoint_bytes = bytes_below(path / "checkpoints");
  try {
    directory.newest = newest_intact(CheckpointStore(path), findings);
    if (directory.newest) require_log_of(path, directory.newest->manifest());
    check_last_start(path, findings.warnings);
  } catch (const Error& unusable) {
    findings.problems.add(unusable.what());
  }
  return directory;
}

}  // namespace understudy
