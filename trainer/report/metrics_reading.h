#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "trainer/preflight/run_length.h"
#include "trainer/report/curve.h"

namespace understudy {

/// One validation of a run.
struct LoggedValidation {
  Iteration completed = 0;
  std::string phase;
  std::int64_t episodes = 0;
  std::vector<Term> means;
};

/// What metrics.jsonl says of a run.
struct RunMetrics {
  std::vector<std::pair<std::string, Curve>> terms;  ///< in the order in which they first appear
  std::vector<PhaseSpan> phases;                     ///< as far as they are logged
  std::vector<LoggedValidation> validations;
  std::int64_t logged = 0;      ///< iterations
  std::int64_t unreadable = 0;  ///< lines: one that is being written, at most
};

/// Line by line, in memory that does not grow with the run's length. A missing file is an empty one.
RunMetrics read_metrics(const std::filesystem::path& path);

}  // namespace understudy
