#pragma once

#include <cstdint>
#include <vector>

#include "trainer/recipe.h"

namespace understudy {

/// Where the ranks of a run are.
struct RankLayout {
  std::int64_t nodes = 1;
  std::int64_t ranks_per_node = 1;
  bool on_gpus = false;  ///< one rank a GPU

  std::int64_t ranks() const { return nodes * ranks_per_node; }
};

/// How a global batch comes apart.
struct BatchSplit {
  std::int64_t micro_batches = 0;
  std::int64_t most = 0;        ///< micro-batches of the ranks that have most
  std::int64_t least = 0;       ///< of the others
  std::int64_t with_most = 0;   ///< ranks with most; the others wait for them
  std::int64_t group_span = 1;  ///< most ranks that hold slots of one statistics group

  bool even() const { return most == least; }
};

/// @throws ConfigError  when there are more ranks than micro-batches, naming the numbers of ranks that fit
BatchSplit split_batch(const BatchLayout& batch, std::int64_t ranks);

/// Numbers of ranks that get equal shares, ascending.
std::vector<std::int64_t> even_rank_counts(std::int64_t micro_batches);

}  // namespace understudy
