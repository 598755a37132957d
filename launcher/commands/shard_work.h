#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "clusters/rank_context.h"
#include "data_pipeline/packer/shard_packing.h"

namespace understudy {

// What commands share whose ranks each work on some of a set's shards.

/// The shards that this rank works on. @param pending  those that rank 0 found not to be whole; of others unused
std::vector<std::size_t> share_of(const std::vector<std::size_t>& pending, Communicator& ranks);

/// Logs a line every ten seconds, shows signs of life, and ends the work when a stop is asked for.
/// @param clips  of this rank. @param context  outlives the watch
PackWatch watch_work(std::uint64_t clips, const RankContext& context);

}  // namespace understudy
