#pragma once

#include <chrono>
#include <ctime>
#include <optional>

#include "clusters/watchdog.h"
#include "launcher/slurm_job.h"

namespace understudy {

/// Seconds before the end at which a run must be asked to save: the longest of a step, a part of a validation and
/// drawing, after which ranks look up, three times a save, and some to spare.
double lead_seconds(const Watchdog& watchdog);

/// The wall time of a job. Asks its scheduler now and then, since the time may be changed while the job runs.
class WallTime {
 public:
  explicit WallTime(const std::optional<SlurmJob>& job) : job_(job) {}

  /// Whether a run must save now to be done in time, by what its sections took so far.
  bool is_up(const Watchdog& watchdog);

 private:
  const std::optional<SlurmJob>& job_;
  std::optional<std::time_t> end_;
  std::optional<std::chrono::steady_clock::time_point> asked_;
};

}  // namespace understudy
