#pragma once

#include <chrono>

#include "clusters/rank_context.h"
#include "trainer/open_run.h"

namespace understudy {

/// When an open run saves, and how its loop waits for that.
class RunSaving {
 public:
  RunSaving(const RankContext& context, OpenRun& run) : context_(context), run_(run) {}

  /// Rank 0's word, before an iteration, on whether a checkpoint is due after it.
  bool wants_save();
  /// Begins a checkpoint of the finished iterations, of a state that was found sound. Collective; waits for the one
  /// under way. @param began  when training stopped for it  @throws  as CheckpointSaver::finish
  void begin(std::chrono::steady_clock::time_point began);
  /// Collective: until the checkpoint under way is published. @throws  as CheckpointSaver::finish
  void finish();

 private:
  void wait_for_the_one_before();

  const RankContext& context_;
  OpenRun& run_;
  int skipped_ = 0;  ///< saves in a row, because one was under way
};

}  // namespace understudy
