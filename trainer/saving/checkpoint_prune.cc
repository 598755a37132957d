#include "trainer/saving/checkpoint_prune.h"

#include <algorithm>

#include <fmt/format.h>

#include "checkpoints/incarnation.h"
#include "checkpoints/store.h"
#include "common/errors.h"
#include "trainer/preflight/run_directory.h"
#include "trainer/saving/checkpoint_list.h"

namespace understudy {
namespace {

void require_ended(const PruneRequest& request) {
  const auto start = start_without_end(request.run);
  if (!start || request.anyway) return;
  throw ConfigError(fmt::format(
      "{}: start {} of this run has not said how it ended, and may be alive; wait for it, or pass --anyway if it was "
      "killed",
      request.run.string(),
      *start));
}

}  // namespace

std::vector<std::int64_t> prune_checkpoints(const PruneRequest& request) {
  require_ended(request);
  std::vector<std::int64_t> removed;
  std::int64_t intact = 0;
  const std::vector<CheckpointRow> rows = list_checkpoints(request.run, true);
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    const bool passes = row->problems.empty();
    const bool is_new = passes && intact++ < request.keep_newest;
    const bool is_multiple = request.keep_every > 0 && row->iteration % request.keep_every == 0;
    const bool goes = passes ? !is_new && !is_multiple && row->best_by.empty() : request.damaged && !row->is_newer;
    if (goes) removed.push_back(row->iteration);
  }
  if (intact == 0)
    throw CheckpointError(
        fmt::format("{}: none of its checkpoints passes verification; nothing is removed, so that you can look at them",
                    request.run.string()));
  std::reverse(removed.begin(), removed.end());
  if (request.dry_run) return removed;
  const CheckpointStore store(request.run);
  for (const std::int64_t iteration : removed) store.remove(iteration, newest_incarnation(request.run));
  return removed;
}

}  // namespace understudy
