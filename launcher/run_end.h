#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clusters/outcome.h"
#include "clusters/rank_status.h"
#include "clusters/watchdog.h"

namespace understudy {

/// How a start of a run ended.
enum class RunEnd {
  kDone,
  kTimeLimit,      ///< saved and left before the wall time of the job ran out
  kPreempted,      ///< saved and left because the system asked for it
  kUserInterrupt,  ///< saved and left because the user asked for it
  kConfigError,
  kDataError,
  kNotFinite,
  kOutOfMemory,
  kKilled,   ///< a rank was ended by a signal from outside
  kCrashed,  ///< a rank ended by a fault of its own
  kLostNode,
  kHang,
  kSuperseded,  ///< a later start owns the run
  kNotStarted,  ///< no rank came to life: mpirun or srun failed
};
std::string_view name_of(RunEnd end);

/// Why the ranks were asked to stop.
enum class StopReason { kNone, kTimeLimit, kSystem, kUser };

/// What is known when a start is over.
struct EndEvidence {
  int starter_code = 0;             ///< of mpirun or srun, 128 + signal when one ended it
  std::optional<Outcome> outcome;   ///< what the ranks themselves said
  std::vector<RankStatus> ranks;    ///< the last word of every rank that came to life
  std::vector<int> ended_in_order;  ///< ranks that ended otherwise than well, in the order of their ends
  std::optional<HangFinding> hang;
  StopReason stop = StopReason::kNone;
};

/// The verdict, with the rank and place that are to blame.
struct EndReport {
  RunEnd end = RunEnd::kDone;
  std::optional<RankStatus> rank;
  std::string message;
};
EndReport classify(const EndEvidence& evidence);

/// Whether the same command may go on from the newest checkpoint.
bool may_restart(RunEnd end);
/// The exit code of `understudy launch` for a run that is not started again.
ExitCode exit_code_of(RunEnd end);

}  // namespace understudy
