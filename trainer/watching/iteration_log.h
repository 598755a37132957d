#pragma once

#include <vector>

#include "clusters/rank_context.h"
#include "trainer/open_run.h"
#include "trainer/step_engine.h"

namespace understudy {

/// What the logs of an open run hold of each iteration.
class IterationLog {
 public:
  IterationLog(const RankContext& context, OpenRun& run) : ranks_(context.ranks), run_(run) {}

  /// For the iteration that begins. On rank 0, whose gradients are those of all: their norms for the logs, and
  /// histograms where they are due.
  GradientObserver observer();
  /// The iteration is over, but not counted yet. @param data_wait  seconds of it
  void add(const StepReport& report, double seconds, double data_wait);

 private:
  Communicator& ranks_;
  OpenRun& run_;
  std::vector<Term> gradient_norms_;  ///< of the iteration under way, where it is logged
};

}  // namespace understudy
