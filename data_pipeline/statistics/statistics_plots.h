#pragma once

#include <filesystem>
#include <vector>

#include "data_pipeline/statistics/set_statistics.h"

namespace understudy {

/// Writes `stats.json` and one plot `KEY.png` a distribution into a folder, which is made if need be.
/// @return  the files written. @throws FileError
std::vector<std::filesystem::path> write_statistics(const std::filesystem::path& folder,
                                                    const SetStatistics& statistics);

}  // namespace understudy
