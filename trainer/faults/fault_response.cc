#include "trainer/faults/fault_response.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/log.h"
#include "trainer/faults/replica_check.h"
#include "trainer/faults/roll_backs.h"

namespace understudy {
namespace {

/// Steps in a row. Skipping changes no weight: what ten times in a row could not be trained on, will not be.
constexpr int kMostSkippedSteps = 10;

}  // namespace

void FaultResponse::handle(const std::vector<Finding>& findings) {
  const FaultReport report = share(findings);
  const FaultPolicy policy = run_.config().faults.on_nonfinite;
  if (policy == FaultPolicy::kRollback) roll_back(report);
  const std::string text = report.text(ranks_.world_size());
  if (policy == FaultPolicy::kStop || !report.of_episodes_alone()) {
    saving_.finish();
    throw NonFiniteError(text);
  }
  skipped_ = run_.completed == last_skipped_ + 1 ? skipped_ + 1 : 1;
  last_skipped_ = run_.completed;
  if (skipped_ >= kMostSkippedSteps) {
    saving_.finish();
    throw ConfigError(fmt::format(
        "{}\n{} steps in a row were skipped; look at the losses before (metrics.jsonl), lower optimizer.learning_rate "
        "or raise trainer.spike_threshold, and go on with --accept-change",
        text,
        skipped_));
  }
  if (ranks_.rank() == 0) spdlog::warn("{}\nthe step is skipped", text);
}

FaultReport FaultResponse::share(const std::vector<Finding>& findings) const {
  const FaultScene scene{.recipe = *run_.recipe,
                         .source = *run_.sampler,
                         .system = run_.config().recipe,
                         .run = run_.store.run(),
                         .files = run_.store.files()};
  return share_faults(findings, run_.completed, scene, ranks_);
}

void FaultResponse::roll_back(const FaultReport& report) {
  saving_.finish();
  std::string end;
  on_rank_zero(ranks_, "record a roll-back", [&] {
    run_.store.require_newest(run_.identity.incarnation);
    std::vector<RollBack> roll_backs = read_roll_backs(run_.store.run());
    const std::vector<Iteration> checkpoints = run_.store.list();
    roll_backs.push_back(next_roll_back(roll_backs, report, checkpoints.empty() ? -1 : checkpoints.back()));
    add_roll_back(run_.store.run(), roll_backs.back(), run_.store.files());
    if (roll_backs.back().gave_up) end = why_it_gave_up(roll_backs, ranks_.world_size());
  });
  end = ranks_.broadcast(end, 0, "agree on a roll-back");
  if (!end.empty()) throw ConfigError(end);
  throw GoBack(report.text(ranks_.world_size()));
}

void FaultResponse::check_state() {
  if (std::exchange(checked_, run_.completed) == run_.completed) return;
  NamedTensors state = run_.recipe->state();
  for (auto& item : run_.engine->optimizer_state()) state.push_back(std::move(item));
  std::vector<Finding> findings;
  if (const auto wrong = first_unsound(state)) findings.push_back({*wrong, std::nullopt});
  const bool unsound =
      ranks_.all_reduce(findings.empty() ? 0 : 1, Reduction::kMax, "agree that weights are finite") != 0;
  if (unsound) handle(findings);
  if (run_.config().faults.drift_every == 0) return;
  const std::optional<Drift> drift = find_drift(state, ranks_);
  if (!drift) return;
  if (std::count(drift->ranks.begin(), drift->ranks.end(), ranks_.rank()) > 0)
    findings.push_back({describe(*drift, state), std::nullopt});
  const FaultReport report = share(findings);
  if (run_.config().faults.on_nonfinite == FaultPolicy::kRollback) roll_back(report);
  saving_.finish();
  // A cluster's error: `launch` goes on from the newest checkpoint, whose replicas were equal.
  throw ClusterError(report.text(ranks_.world_size()));
}

}  // namespace understudy
