#pragma once

#include <vector>

#include "clusters/rank_context.h"
#include "common/errors.h"
#include "trainer/faults/fault_report.h"
#include "trainer/open_run.h"
#include "trainer/saving/run_saving.h"

namespace understudy {

/// Thrown to leave a run's loop and go on from the newest checkpoint.
class GoBack : public Error {
 public:
  using Error::Error;
};

/// What an open run does about numbers that are not finite, spikes and drift (docs/faults.md). All of it is collective.
class FaultResponse {
 public:
  FaultResponse(const RankContext& context, OpenRun& run, RunSaving& saving)
      : ranks_(context.ranks), run_(run), saving_(saving) {}

  /// Returns where a step is skipped. @param findings  of this rank; any rank has some
  /// @throws GoBack, NonFiniteError; ConfigError  when going back or skipping brought nothing
  void handle(const std::vector<Finding>& findings);
  /// What the last step left: finite on every rank, and the same on all. A checkpoint is never written of anything
  /// else.
  /// @throws  as handle; ClusterError  for drift where nothing is rolled back
  void check_state();

 private:
  FaultReport share(const std::vector<Finding>& findings) const;
  [[noreturn]] void roll_back(const FaultReport& report);

  Communicator& ranks_;
  OpenRun& run_;
  RunSaving& saving_;
  int skipped_ = 0;              ///< steps in a row
  Iteration last_skipped_ = -1;  ///< its number
  Iteration checked_ = -1;       ///< finished iterations after which the state was last checked
};

}  // namespace understudy
