#include "trainer/batch_source.h"

#include <algorithm>

#include <torch/torch.h>

#include "trainer/device_transfer.h"

namespace understudy {

MicroBatch make_micro_batch(const Recipe& recipe,
                            const DataSet& data,
                            std::vector<Episode> episodes,
                            std::int64_t index,
                            const SampleUse& use) {
  std::vector<Sample> samples;
  samples.reserve(episodes.size());
  const EpisodeSpec spec = recipe.episode();
  for (const Episode& episode : episodes) samples.push_back(recipe.prepare(read_episode(data, episode, spec), use));
  MicroBatch batch{.iteration = use.iteration, .index = index, .episodes = std::move(episodes), .tensors = {}};
  for (std::size_t t = 0; t < samples.front().size(); ++t) {
    std::vector<at::Tensor> column;
    column.reserve(samples.size());
    for (const Sample& sample : samples) column.push_back(sample[t]);
    batch.tensors.push_back(column.size() == 1 ? column.front().unsqueeze(0) : at::stack(column));
  }
  return batch;
}

TrainingBatches::TrainingBatches(const Recipe& recipe,
                                 const Sampler& sampler,
                                 const BatchLayout& layout,
                                 MicroBatchRange range,
                                 Iteration first_iteration,
                                 const LoaderOptions& options)
    : device_(options.device) {
  const auto make = [&recipe, &sampler, layout, range, first_iteration, device = device_](std::uint64_t number) {
    const auto step = static_cast<std::int64_t>(number);
    const Iteration iteration = first_iteration + step / range.count();
    const std::int64_t index = range.first + step % range.count();
    std::vector<Episode> episodes;
    for (std::int64_t i = 0; i < layout.micro_batch; ++i) {
      const std::int64_t slot = index * layout.micro_batch + i;
      episodes.push_back(sampler.episode(static_cast<std::uint64_t>(iteration * layout.global_batch + slot)));
    }
    return staged_for(
        device,
        make_micro_batch(
            recipe, sampler.set(), std::move(episodes), index, {.training = true, .iteration = iteration}));
  };
  prefetcher_ = std::make_unique<Prefetcher<MicroBatch>>(
      make, 0, static_cast<std::size_t>(options.threads), static_cast<std::size_t>(options.prefetch));
}

MicroBatch TrainingBatches::next() {
  return moved_to(device_, prefetcher_->next());
}

ValidationBatches::ValidationBatches(const Recipe& recipe,
                                     const Sampler& sampler,
                                     const std::vector<Episode>& list,
                                     std::int64_t micro_batch,
                                     MicroBatchRange range,
                                     const LoaderOptions& options)
    : device_(options.device) {
  const auto make = [&recipe, &sampler, &list, micro_batch, range, device = device_](std::uint64_t number) {
    const std::int64_t index = range.first + static_cast<std::int64_t>(number);
    const auto begin = list.begin() + std::min<std::int64_t>(index * micro_batch, std::ssize(list));
    const auto end = list.begin() + std::min<std::int64_t>((index + 1) * micro_batch, std::ssize(list));
    if (begin == end) return MicroBatch{};  // prepared ahead of need, past the end of the list
    return staged_for(
        device,
        make_micro_batch(
            recipe, sampler.set(), std::vector<Episode>(begin, end), index, {.training = false, .iteration = 0}));
  };
  prefetcher_ = std::make_unique<Prefetcher<MicroBatch>>(
      make, 0, static_cast<std::size_t>(options.threads), static_cast<std::size_t>(options.prefetch));
}

MicroBatch ValidationBatches::next() {
  return moved_to(device_, prefetcher_->next());
}

}  // namespace understudy
