#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>

#include "common/file_system.h"

namespace understudy {

/// Starts of a run are numbered 1, 2, … by files in <run>/incarnations. The file is linked into place whole, which
/// fails when the number is taken, also over NFS: of two starts at the same moment each gets its own, and no lock
/// outlives anybody. It lists the checkpoints that existed just before: what an older start publishes afterwards is not
/// part of the run.
/// @param checkpoints  iterations that exist and count
/// @throws FileError
std::uint64_t take_incarnation(const std::filesystem::path& run,
                               const std::set<std::int64_t>& checkpoints,
                               const FileSystem& files = system_files());

/// The highest number taken, 0 when none is.
std::uint64_t newest_incarnation(const std::filesystem::path& run);

/// The file that stands for a start of a run.
std::filesystem::path incarnation_file(const std::filesystem::path& run, std::uint64_t number);

/// @throws CheckpointError  when a later start than `incarnation` owns the run
void require_newest_incarnation(const std::filesystem::path& run, std::uint64_t incarnation);

/// Number of the start that a checkpoint missed, if one happened between the start that wrote it and its publication.
std::optional<std::uint64_t> superseded_by(const std::filesystem::path& run,
                                           std::int64_t iteration,
                                           std::uint64_t incarnation);

}  // namespace understudy
