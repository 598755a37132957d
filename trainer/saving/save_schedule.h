#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "trainer/run_config.h"

namespace understudy {

/// How often a run was started, and for how long it has been one.
struct RunAge {
  std::uint64_t starts = 1;
  double seconds = 0.0;  ///< since the first start
};

/// As the files of its starts tell it.
RunAge age_of_run(const std::filesystem::path& run);

/// When the next checkpoint is due: after so many iterations, after so many minutes, or at the interval that loses the
/// least time, sqrt(2 · cost of a save · mean time between failures) (J. W. Young, A first order approximation to the
/// optimum checkpoint interval, 1974). The cost is what training was held up by a save; the mean time between failures
/// is the run's age over its starts, beginning with an expectation of one failure a day. No interval is shorter than a
/// minute or ten times what writing takes, or longer than an hour.
///
/// For rank 0, which decides for all. Time comes with what it is given.
class SaveSchedule {
 public:
  using Time = std::chrono::steady_clock::time_point;
  SaveSchedule(const CheckpointConfig& config, RunAge age, Time now);

  bool due(std::int64_t completed, Time now) const;
  /// A save that was due is left out: the next is due as if it had begun.
  void skipped(Time now) { last_ = now; }
  /// A save began. @param stall  seconds that it held up training  @param writing  of the last save that was finished
  void saved(Time now, double stall, std::optional<double> writing);
  /// Seconds between saves; of no meaning where iterations count.
  double interval() const;

 private:
  CheckpointConfig config_;
  double mean_seconds_between_failures_;
  Time last_;             ///< when the last save began or was left out
  double cost_ = 0.0;     ///< the largest stall so far
  double writing_ = 0.0;  ///< the longest so far
};

}  // namespace understudy
