#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "clusters/rank_context.h"
#include "data_pipeline/packer/shard_packing.h"
#include "launcher/ranks.h"

namespace understudy {

// What commands share whose ranks each work on some of a set's shards.

/// Shares differ by hours where shards are large or disks slow, and a rank that is done says nothing till all are; one
/// that dies ends the others by mpirun. Only work that began leaves an outcome, so that a mistake makes no folder.
inline constexpr RankOptions kShardWorkers{.timeout = std::chrono::hours(24 * 14), .make_outcome_folder = false};

/// The shards that this rank works on. @param pending  those that rank 0 found not to be whole; of others unused
std::vector<std::size_t> share_of(const std::vector<std::size_t>& pending, Communicator& ranks);

/// Logs a line every ten seconds, shows signs of life, and ends the work when a stop is asked for.
/// @param clips  of this rank. @param context  outlives the watch
PackWatch watch_work(std::uint64_t clips, const RankContext& context);

}  // namespace understudy
