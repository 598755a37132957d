#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace understudy {

/// What a list of checkpoints says of one.
struct CheckpointRow {
  std::int64_t iteration = 0;
  double age = 0.0;         ///< seconds since it was published
  std::uint64_t bytes = 0;  ///< of all parts
  std::uint64_t start = 0;  ///< of the run that wrote it
  std::string code_version;
  std::string metric;                 ///< that the run is judged by: validation.metric
  std::optional<double> value;        ///< of the validation after this iteration, if there was one
  std::vector<std::string> best_by;   ///< links that lead here: "psnr-phase-I #1"
  bool is_newer = false;              ///< a newer program wrote it, so that nothing else is known of it
  std::vector<std::string> problems;  ///< of reading it; empty: intact, as far as was looked
};

/// Every checkpoint of a run, ascending. @param whole  also compares every part with its SHA-256, which reads all bytes
/// @throws CheckpointError  when the run holds none
std::vector<CheckpointRow> list_checkpoints(const std::filesystem::path& run, bool whole);

/// As a table for a terminal. @param whole  as above
std::string checkpoint_table(const std::vector<CheckpointRow>& rows, bool whole);

}  // namespace understudy
