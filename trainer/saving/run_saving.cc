#include "trainer/saving/run_saving.h"

#include <chrono>
#include <utility>

#include "common/log.h"

namespace understudy {
namespace {

using Clock = std::chrono::steady_clock;

/// So that storage which never comes back is noticed.
constexpr int kMostSkippedSaves = 3;

/// Seconds; shorter waits are no news.
constexpr double kLongWait = 0.1;

}  // namespace

bool RunSaving::wants_save() {
  const auto now = Clock::now();
  if (context_.ranks.rank() != 0 || !run_.schedule->due(run_.completed + 1, now)) return false;
  const bool skip = run_.config().checkpoints.when_busy == BusySave::kSkip && skipped_ < kMostSkippedSaves;
  if (!skip || !run_.saver->busy()) return true;
  ++skipped_;
  run_.schedule->skipped(now);
  spdlog::warn("the checkpoint of iteration {} is skipped: an older one is still being written", run_.completed + 1);
  return false;
}

void RunSaving::begin(Clock::time_point began) {
  const Heartbeat::Mark mark(context_.heartbeat, Section::kSave);
  wait_for_the_one_before();
  CheckpointOrder order{.iteration = run_.completed};
  if (context_.ranks.rank() == 0)
    order = order_checkpoint(run_.identity, run_.state(), *run_.metrics, *run_.events, run_.config());
  order.retention.damaged = run_.damaged;
  run_.saver->begin(std::move(order));
  run_.saved = run_.completed;
  skipped_ = 0;
  if (run_.monitor) run_.monitor->saving(run_.completed);
  if (run_.schedule)
    run_.schedule->saved(
        Clock::now(), std::chrono::duration<double>(Clock::now() - began).count(), run_.saver->seconds());
  run_.spent(RunSpan::kSaving, Clock::now() - began);
}

void RunSaving::wait_for_the_one_before() {
  const bool waits = run_.saver->busy();
  const auto began = Clock::now();
  run_.saver->finish();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  if (!waits || seconds < kLongWait || context_.ranks.rank() != 0) return;
  spdlog::warn(
      "the checkpoint of iteration {} waited {:.1f} s for an older one to be written", run_.completed, seconds);
}

void RunSaving::finish() {
  const Heartbeat::Mark mark(context_.heartbeat, Section::kSave);
  const auto began = Clock::now();
  run_.saver->finish();
  run_.spent(RunSpan::kSaving, Clock::now() - began);
}

}  // namespace understudy
