#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "trainer/run_config.h"
#include "trainer/watching/progress.h"
#include "trainer/watching/prometheus.h"
#include "trainer/watching/run_log.h"

namespace understudy {

/// Where somebody may look at a run while it goes on: the line below the log of a terminal, the lines of `status.log`
/// for `tail -f`, and a file for Prometheus where `run.prometheus` names a folder. On rank 0. Trouble with the last one
/// is told of once and ends no run: its folder belongs to somebody else.
class RunMonitor {
 public:
  struct Start {
    std::filesystem::path run;
    std::uint64_t number = 1;
    int ranks = 1;
    Iteration completed = 0;
    Iteration end = 0;
  };
  /// @throws FileError  when status.log cannot be opened, and from all below when it cannot be written
  RunMonitor(const RunConfig& config, const Start& start, const FileSystem& files);

  /// An iteration is finished. @param data_wait  seconds of it
  void count(double seconds, double data_wait, const std::string& phase);
  /// The iteration is one that is logged.
  void logged(const std::string& phase, const std::vector<Term>& terms);
  void validated(Iteration completed, const std::vector<Term>& means);
  void saving(Iteration completed);
  /// The last moment of a start, however it ends.
  void ended(const std::string& message);

 private:
  using Clock = std::chrono::steady_clock;
  void add_status(const std::string& text);
  void expose(bool now);

  Progress progress_;
  JsonLines status_;
  std::filesystem::path prometheus_;  ///< the file; empty: none
  const FileSystem& files_;
  RunGauges gauges_;
  Clock::time_point shown_{};
  Clock::time_point exposed_{};
};

}  // namespace understudy
