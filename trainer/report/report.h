#pragma once

#include <filesystem>

#include "common/file_system.h"

namespace understudy {

/// Writes what a run's directory says of the run as one page of HTML that needs nothing else: docs/report.md. Only
/// reads the run, which may be going on.
/// @throws ConfigError  when the directory is that of no run. @throws FileError
void write_report(const std::filesystem::path& run,
                  const std::filesystem::path& page,
                  const FileSystem& files = system_files());

}  // namespace understudy
