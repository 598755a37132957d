#include "trainer/set_copies.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/log.h"
#include "data_pipeline/shard_cache.h"

namespace understudy {
namespace {

/// The second round takes what another rank of the node was copying when the first came by.

constexpr int kRounds = 2;

void copy_all(const DataSets& sets, const ShardCache& cache, int share, int shares, const std::stop_token& stop) {
  CopyCounts counts;
  for (int round = 0; round < kRounds && !stop.stop_requested(); ++round) {
    counts = {};
    for (const auto& set : sets) {
      const CopyCounts of_set = set->use_cache(cache, share, shares, stop);
      counts.files += of_set.files;
      counts.copies += of_set.copies;
    }
  }
  if (!stop.stop_requested())
    spdlog::info("{} of {} files of the sets are read from data.cache", counts.copies, counts.files);
}

}  // namespace

std::jthread copy_sets(const RunConfig& config, DataSets sets, const Communicator& ranks) {
  if (config.cache.empty()) return {};
  std::shared_ptr<const ShardCache> cache;
  try {
    cache = std::make_shared<const ShardCache>(config.cache, static_cast<std::uint64_t>(config.cache_gib) << 30U);
  } catch (const FileError& error) {
    throw ConfigError(fmt::format("data.cache: {}", error.what()));
  }
  return std::jthread([sets = std::move(sets), cache, share = ranks.local_rank(), shares = ranks.local_size()](
                          const std::stop_token& stop) { copy_all(sets, *cache, share, shares, stop); });
}

}  // namespace understudy
