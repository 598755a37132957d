#include "trainer/validator.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>

#include "trainer/device_transfer.h"

namespace understudy {
namespace {

/// Contiguous runs of `count` items whose lengths differ by at most one; ranks beyond the items get nothing.
MicroBatchRange share_of(std::int64_t count, int rank, int world_size) {
  return {count * rank / world_size, count * (rank + 1) / world_size};
}

}  // namespace

Validator::Validator(const Recipe& recipe,
                     const Sampler& sampler,
                     const ValidationConfig& config,
                     const LoaderOptions& loader)
    : recipe_(recipe),
      sampler_(sampler),
      micro_batch_(config.micro_batch),
      loader_(loader),
      list_(sampler.fixed_list(config.episodes)) {}

std::optional<std::vector<Term>> Validator::run(Recipe& recipe, const RankContext& context) const {
  const at::NoGradGuard no_grad;
  const Heartbeat::Mark mark(context.heartbeat, Section::kValidation);
  const std::optional<std::string> rows = own_rows(recipe, context);
  if (!rows) return std::nullopt;
  const std::vector<std::string> names = recipe.validation_metrics();
  std::vector<double> means = means_of(context.ranks.gather(*rows, "gather the rows of a validation"), names.size());
  context.ranks.broadcast(std::as_writable_bytes(std::span(means)), 0, "share the result of a validation");
  std::vector<Term> terms;
  for (std::size_t m = 0; m < names.size(); ++m) terms.emplace_back(names[m], means[m]);
  return terms;
}

/// Every rank takes as many turns as the one with the most micro-batches, so that all meet after each.
std::optional<std::string> Validator::own_rows(Recipe& recipe, const RankContext& context) const {
  const std::int64_t micro_batches = (episodes() + micro_batch_ - 1) / micro_batch_;
  const int world_size = context.ranks.world_size();
  const MicroBatchRange range = share_of(micro_batches, context.ranks.rank(), world_size);
  const std::int64_t turns = (micro_batches + world_size - 1) / world_size;
  std::optional<ValidationBatches> batches;
  if (range.count() > 0) batches.emplace(recipe_, sampler_, list_, micro_batch_, range, loader_);
  std::string rows;
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    const std::int64_t stop = context.stop_requested() ? 1 : 0;
    if (context.ranks.all_reduce(stop, Reduction::kMax, "agree to go on with a validation") != 0) return std::nullopt;
    if (turn >= range.count()) continue;
    for (const std::vector<double>& row : recipe.validate(batches->next())) {
      rows.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(double));
    }
    context.heartbeat.beat();
  }
  return rows;
}

std::vector<double> Validator::means_of(const std::vector<std::string>& rows_of_ranks, std::size_t metrics) const {
  std::vector<double> means(metrics, 0.0);
  for (const std::string& rows : rows_of_ranks) {
    for (std::size_t offset = 0; offset < rows.size(); offset += metrics * sizeof(double)) {
      for (std::size_t m = 0; m < metrics; ++m) {
        double value;
        std::memcpy(&value, rows.data() + offset + m * sizeof(double), sizeof(double));
        means[m] += value;
      }
    }
  }
  for (double& mean : means) mean /= static_cast<double>(episodes());
  return means;
}

MicroBatch Validator::episode(std::int64_t number) const {
  return moved_to(loader_.device,
                  make_micro_batch(recipe_,
                                   sampler_.set(),
                                   {.episodes = {list_.at(static_cast<std::size_t>(number))},
                                    .index = 0,
                                    .use = {.training = false, .iteration = 0}},
                                   loader_.reading));
}

}  // namespace understudy
