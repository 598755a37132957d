#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoints/store.h"

namespace understudy {

/// The best checkpoints by one measure, best first.
struct BestCheckpoints {
  std::string metric;
  std::vector<std::int64_t> iterations;
};

/// Which checkpoints stay: the newest, every m-th, and the best.
struct RetentionPolicy {
  std::int64_t keep_newest = 3;  ///< at least 1
  std::int64_t keep_every = 0;   ///< also iterations that are multiples of this; 0 = none
  std::vector<BestCheckpoints> best;
  std::set<std::int64_t> damaged = {};  ///< known to be of no use: not counted among the newest
};

/// Points <run>/best/<metric>/1, 2, … at the best checkpoints, then removes those that the policy does not keep:
/// renamed away first, so that none is ever seen half deleted. A best iteration without a checkpoint is passed over.
/// @return the iterations removed, ascending
/// @throws CheckpointError  when a later start owns the run; ConfigError for keep_newest < 1; FileError
std::vector<std::int64_t> apply_retention(const CheckpointStore& store,
                                          const RetentionPolicy& policy,
                                          std::uint64_t incarnation);

/// The iterations that apply_retention would remove, ascending.
std::vector<std::int64_t> unwanted_checkpoints(const CheckpointStore& store, const RetentionPolicy& policy);

/// Iteration that <run>/best/<metric>/1 points at.
std::optional<std::int64_t> best_iteration(const CheckpointStore& store, std::string_view metric);

}  // namespace understudy
