#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data_pipeline/prefetcher.h"
#include "data_pipeline/sampler.h"
#include "trainer/recipe.h"

namespace understudy {

/// A contiguous run of micro-batches [first, last) of each global batch, or of a validation list.
struct MicroBatchRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t count() const { return last - first; }
};

struct LoaderOptions {
  std::int64_t threads = 2;
  std::int64_t prefetch = 4;     ///< micro-batches prepared ahead
  at::Device device = at::kCPU;  ///< where `next` puts the tensors
};

/// Stacks prepared samples into one micro-batch. Pure: any thread, any rank, the same bits.
MicroBatch make_micro_batch(
    const Recipe& recipe, const DataSet& data, std::vector<Episode> episodes, std::int64_t index, const SampleUse& use);

/// The training micro-batches of one rank, in order, prepared ahead by threads.
class TrainingBatches {
 public:
  TrainingBatches(const Recipe& recipe,
                  const Sampler& sampler,
                  const BatchLayout& layout,
                  MicroBatchRange range,
                  Iteration first_iteration,
                  const LoaderOptions& options);

  /// The next micro-batch of this rank, on the device; waits for the threads when it is not ready. Throws what
  /// preparing it threw.
  MicroBatch next();

 private:
  at::Device device_;
  std::unique_ptr<Prefetcher<MicroBatch>> prefetcher_;
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
  MicroBatch next();

 private:
  at::Device device_;
  std::unique_ptr<Prefetcher<MicroBatch>> prefetcher_;
};

}  // namespace understudy
