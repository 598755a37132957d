#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "launcher/run_end.h"

namespace understudy {

/// A start of a run, as its history tells it.
struct StartRecord {
  int ranks = 0;
  std::vector<std::string> nodes;
  std::int64_t from_iteration = 0;  ///< of the newest checkpoint then
};

/// The end of a start.
struct EndRecord {
  EndReport report;
  double seconds = 0.0;
  std::int64_t reached = 0;     ///< the last iteration that a rank was seen in
  std::int64_t checkpoint = 0;  ///< iteration of the newest checkpoint now
};

/// `history.jsonl` of a run directory: every start and every end, one object a line, and `failure.json`, the last end
/// that was not a good one. Written by `understudy launch` alone. Trouble in writing them is logged and ends no run.
class History {
 public:
  explicit History(std::filesystem::path run_directory) : run_directory_(std::move(run_directory)) {}

  /// Kept until the run directory is there, which only a run that was found sound makes.
  void started(const StartRecord& record);
  /// Writes what is kept, if it can be by now.
  void flush();
  void ended(const EndRecord& record, const std::string& stacks_file);

 private:
  void append(std::string line);

  std::filesystem::path run_directory_;
  std::string unwritten_;
};

/// Now as "2024-05-01T12:30:00Z".
std::string time_text();

}  // namespace understudy
