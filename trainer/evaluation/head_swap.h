#pragma once

#include <optional>
#include <span>

#include "trainer/evaluation/evaluation_bench.h"
#include "trainer/evaluation/evaluation_report.h"
#include "trainer/evaluation/shared_tasks.h"

namespace understudy {

/// Draws synthetic person A by the driving frames of B, against the true picture of A with B's pose and expression: how
/// near it is, and by how much the pose that `fit_head_pose` finds misses B's.
/// @return  five numbers a frame, in the order of `SwapReport`
TaskRow swap_heads(const EvaluationBench& bench, const Crossing& crossing);

/// Means over the rows of some crossings; nothing when there is none.
std::optional<SwapReport> swap_report(std::span<const TaskRow> rows);

}  // namespace understudy
