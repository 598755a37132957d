#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clusters/watchdog.h"
#include "launcher/child_process.h"
#include "launcher/history.h"
#include "launcher/launch_options.h"
#include "launcher/rank_watch.h"
#include "launcher/run_end.h"
#include "launcher/wall_time.h"

namespace understudy {

/// What the starts of a run hand on to the next one.
struct RunMemory {
  Watchdog watchdog;
  WallTime wall_time;
  History history;
  StopReason stop = StopReason::kNone;  ///< what was asked of the run by signals
  int interrupts = 0;
};

/// One start of the ranks, from mpirun or srun to its end.
class RankStart {
 public:
  /// @throws ConfigError  when mpirun or srun cannot be started
  RankStart(const LaunchOptions& options,
            const std::vector<std::string>& starter_arguments,
            const SignalQueue& signals,
            RunMemory& memory);

  EndEvidence wait_for_end();
  /// Where the stacks of a run that hung were written, relative to the run directory; empty when there are none.
  const std::string& stacks_file() const { return stacks_file_; }

 private:
  void wait_for_news(std::chrono::milliseconds patience);
  void act_on_signals();
  void ask_to_stop(StopReason reason, std::string_view why);
  void look_for_hangs();
  void look_for_ends();
  void end_all();
  void write_stacks();

  const LaunchOptions& options_;
  const SignalQueue& signals_;
  RunMemory& memory_;
  RankWatch watch_;
  ChildProcess starter_;
  std::optional<HangFinding> hang_;
  std::optional<std::chrono::steady_clock::time_point> end_by_;  ///< when mpirun or srun is ended by force
  std::string stacks_file_;
};

}  // namespace understudy
