#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "clusters/communicator.h"

namespace understudy {

/// What must be the same on all ranks of a job.
struct RankFacts {
  std::string program;         ///< version of this program
  std::string torch;           ///< version of the torch library
  std::string node;            ///< name of the machine; may differ
  double clock_seconds = 0.0;  ///< since 1970
};
RankFacts facts_of_this_rank(std::string program, std::string torch);

/// Everything that differs between ranks and must not; clocks may be a minute apart.
std::vector<std::string> differences(const std::vector<RankFacts>& ranks);

/// Checks, in milliseconds, what would otherwise be found after hours: that all ranks run the same versions, that sums
/// over ranks are exact, and that all see the run directory, which rank 0 has made. Collective.
/// @throws ConfigError  with every finding, the same on all ranks
void check_job(Communicator& ranks, const RankFacts& own, const std::filesystem::path& run_directory);

}  // namespace understudy
