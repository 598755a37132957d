#include "trainer/batch_source.h"

#include <algorithm>

namespace understudy {
namespace {

BatchLoader::Plan training_plan(const EpisodeSource& source,
                                const BatchLayout& layout,
                                MicroBatchRange range,
                                Iteration first_iteration) {
  return [&source, layout, range, first_iteration](std::uint64_t number) {
    const auto step = static_cast<std::int64_t>(number);
    const Iteration iteration = first_iteration + step / range.count();
    const std::int64_t index = range.first + step % range.count();
    BatchPlan plan{.episodes = {}, .index = index, .use = {.training = true, .iteration = iteration}};
    for (std::int64_t i = 0; i < layout.micro_batch; ++i) {
      const std::int64_t slot = index * layout.micro_batch + i;
      plan.episodes.push_back(source.episode(static_cast<std::uint64_t>(iteration * layout.global_batch + slot)));
    }
    return plan;
  };
}

/// Past the end of the list, where the loader goes ahead of need, micro-batches are empty.
BatchLoader::Plan validation_plan(const std::vector<Episode>& list, std::int64_t micro_batch, MicroBatchRange range) {
  return [&list, micro_batch, range](std::uint64_t number) {
    const std::int64_t index = range.first + static_cast<std::int64_t>(number);
    const auto begin = list.begin() + std::min<std::int64_t>(index * micro_batch, std::ssize(list));
    const auto end = list.begin() + std::min<std::int64_t>((index + 1) * micro_batch, std::ssize(list));
    return BatchPlan{
        .episodes = std::vector<Episode>(begin, end), .index = index, .use = {.training = false, .iteration = 0}};
  };
}

}  // namespace

TrainingBatches::TrainingBatches(const Recipe& recipe,
                                 const EpisodeSource& source,
                                 const BatchLayout& layout,
                                 MicroBatchRange range,
                                 Iteration first_iteration,
                                 const LoaderOptions& options)
    : loader_(
          recipe,
          [&source](const Episode& episode) -> const DataSet& { return source.set_of(episode); },
          training_plan(source, layout, range, first_iteration),
          options) {}

ValidationBatches::ValidationBatches(const Recipe& recipe,
                                     const Sampler& sampler,
                                     const std::vector<Episode>& list,
                                     std::int64_t micro_batch,
                                     MicroBatchRange range,
                                     const LoaderOptions& options)
    : loader_(recipe, sampler.set(), validation_plan(list, micro_batch, range), options) {}

}  // namespace understudy
