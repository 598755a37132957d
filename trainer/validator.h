#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clusters/rank_context.h"
#include "trainer/batch_source.h"
#include "trainer/recipe.h"
#include "trainer/run_config.h"

namespace understudy {

/// Validation on a fixed seeded list of episodes, each once whatever the number of ranks. Ranks take contiguous runs of
/// fixed micro-batches; rank 0 sums the rows in list order in double precision.
class Validator {
 public:
  Validator(const Recipe& recipe, const Sampler& sampler, const ValidationConfig& config, const LoaderOptions& loader);

  /// Collective. The ranks agree after every micro-batch whether one of them was asked to stop.
  /// @returns  the mean of every metric over the list, the same numbers on every rank; nothing when it was stopped
  std::optional<std::vector<Term>> run(Recipe& recipe, const RankContext& context) const;

  /// One episode of the list as a micro-batch of its own, on the device, for sample pictures.
  MicroBatch episode(std::int64_t number) const;

  std::int64_t episodes() const { return static_cast<std::int64_t>(list_.size()); }

 private:
  std::optional<std::string> own_rows(Recipe& recipe, const RankContext& context) const;
  std::vector<double> means_of(const std::vector<std::string>& rows_of_ranks, std::size_t metrics) const;

  const Recipe& recipe_;
  const Sampler& sampler_;
  std::int64_t micro_batch_;
  LoaderOptions loader_;
  std::vector<Episode> list_;
};

}  // namespace understudy
