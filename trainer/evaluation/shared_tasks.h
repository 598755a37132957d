#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "clusters/rank_context.h"

namespace understudy {

/// The numbers that one task gives.
using TaskRow = std::vector<double>;

/// Runs tasks 0 ... count - 1, each on one rank, and brings their rows together in the order of the tasks: the result
/// is the same for any number of ranks. Collective; ranks take contiguous runs whose lengths differ by at most one, and
/// agree before each task whether to go on.
/// @return  on rank 0 one row a task, elsewhere none; nothing when a rank was asked to stop
std::optional<std::vector<TaskRow>> run_shared_tasks(const RankContext& context,
                                                     std::int64_t count,
                                                     const std::function<TaskRow(std::int64_t)>& task);

}  // namespace understudy
