#include "trainer/validator.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>

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

std::vector<Term> Validator::run(Recipe& recipe, Communicator& communicator) const {
  const at::NoGradGuard no_grad;
  const std::int64_t micro_batches = (episodes() + micro_batch_ - 1) / micro_batch_;
  const MicroBatchRange range = share_of(micro_batches, communicator.rank(), communicator.world_size());
  const std::vector<std::string> names = recipe.validation_metrics();
  std::string rows;
  if (range.count() > 0) {
    ValidationBatches batches(recipe_, sampler_, list_, micro_batch_, range, loader_);
    for (std::int64_t i = 0; i < range.count(); ++i) {
      for (const std::vector<double>& row : recipe.validate(batches.next())) {
        rows.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(double));
      }
    }
  }
  std::vector<double> means(names.size(), 0.0);
  for (const std::string& blob : communicator.gather(rows, "gather the rows of a validation")) {
    for (std::size_t offset = 0; offset < blob.size(); offset += names.size() * sizeof(double)) {
      for (std::size_t m = 0; m < names.size(); ++m) {
        double value;
        std::memcpy(&value, blob.data() + offset + m * sizeof(double), sizeof(double));
        means[m] += value;
      }
    }
  }
  for (double& mean : means) mean /= static_cast<double>(episodes());
  communicator.broadcast(std::as_writable_bytes(std::span(means)), 0, "share the result of a validation");
  std::vector<Term> terms;
  for (std::size_t m = 0; m < names.size(); ++m) terms.emplace_back(names[m], means[m]);
  return terms;
}

MicroBatch Validator::first_episodes(std::int64_t count) const {
  const auto end = list_.begin() + std::min<std::int64_t>(count, episodes());
  return make_micro_batch(
      recipe_, sampler_.set(), std::vector<Episode>(list_.begin(), end), 0, {.training = false, .iteration = 0});
}

}  // namespace understudy
