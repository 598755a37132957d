#include "trainer/preflight/batch_split.h"

#include <algorithm>

#include "clusters/gradient_tree.h"

namespace understudy {
namespace {

/// Ranks whose runs meet the micro-batches [first, last).
std::int64_t ranks_in(const std::vector<MicroBatchRun>& runs, std::int64_t first, std::int64_t last) {
  return std::count_if(runs.begin(), runs.end(), [&](const MicroBatchRun& run) {
    return run.begin < last && first < run.begin + run.count;
  });
}

}  // namespace

BatchSplit split_batch(const BatchLayout& batch, std::int64_t ranks) {
  const std::vector<MicroBatchRun> runs = plan_micro_batches(batch.micro_batches(), ranks);
  BatchSplit split{.micro_batches = batch.micro_batches(), .most = runs.front().count, .least = runs.back().count};
  split.with_most =
      std::count_if(runs.begin(), runs.end(), [&](const MicroBatchRun& run) { return run.count == split.most; });
  const std::int64_t group = batch.micro_batches_per_group();
  for (std::int64_t first = 0; first < split.micro_batches; first += group) {
    split.group_span = std::max(split.group_span, ranks_in(runs, first, first + group));
  }
  return split;
}

std::vector<std::int64_t> even_rank_counts(std::int64_t micro_batches) {
  std::vector<std::int64_t> counts;
  for (std::int64_t ranks = 1; ranks <= micro_batches; ++ranks) {
    if (micro_batches % ranks == 0) counts.push_back(ranks);
  }
  return counts;
}

}  // namespace understudy
