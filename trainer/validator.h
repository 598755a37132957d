#pragma once

#include <vector>

#include "clusters/communicator.h"
#include "trainer/batch_source.h"
#include "trainer/recipe.h"
#include "trainer/run_config.h"

namespace understudy {

/// Validation on a fixed seeded list of episodes, each once whatever the number of ranks. Ranks take contiguous runs of
/// fixed micro-batches; rank 0 sums the rows in list order in double precision.
class Validator {
 public:
  Validator(const Recipe& recipe, const Sampler& sampler, const ValidationConfig& config, const LoaderOptions& loader);

  /// Collective. @returns the mean of every metric over the list, the same numbers on every rank
  std::vector<Term> run(Recipe& recipe, Communicator& communicator) const;

  /// The first `count` episodes of the list as one micro-batch, for sample pictures.
  MicroBatch first_episodes(std::int64_t count) const;

  std::int64_t episodes() const { return static_cast<std::int64_t>(list_.size()); }

 private:
  const Recipe& recipe_;
  const Sampler& sampler_;
  std::int64_t micro_batch_;
  LoaderOptions loader_;
  std::vector<Episode> list_;
};

}  // namespace understudy
