#pragma once

#include <cstdint>
#include <vector>

#include "data_pipeline/sampler.h"
#include "trainer/batch_loader.h"
#include "trainer/recipe.h"

namespace understudy {

/// A contiguous run of micro-batches [first, last) of each global batch, or of a validation list.
struct MicroBatchRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t count() const { return last - first; }
};

/// The training micro-batches of one rank, in order, prepared ahead by threads.
class TrainingBatches {
 public:
  TrainingBatches(const Recipe& recipe,
                  const EpisodeSource& source,
                  const BatchLayout& layout,
                  MicroBatchRange range,
                  Iteration first_iteration,
                  const LoaderOptions& options);

  /// As BatchLoader's.
  MicroBatch next() { return loader_.next(); }
  LoaderStatistics take_statistics() { return loader_.take_statistics(); }

 private:
  BatchLoader loader_;
};

/// The micro-batches [range) of a fixed list of episodes, each episode once; the last micro-batch may be smaller.
class ValidationBatches {
 public:
  ValidationBatches(const Recipe& recipe,
                    const Sampler& sampler,
                    const std::vector<Episode>& episodes,
                    std::int64_t micro_batch,
                    MicroBatchRange range,
                    const LoaderOptions& options);
  MicroBatch next() { return loader_.next(); }

 private:
  BatchLoader loader_;
};

}  // namespace understudy
