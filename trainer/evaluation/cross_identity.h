#pragma once

#include <optional>
#include <span>

#include "trainer/evaluation/evaluation_bench.h"
#include "trainer/evaluation/evaluation_report.h"
#include "trainer/evaluation/shared_tasks.h"

namespace understudy {

/// Draws a person by the driving frames of others and asks the identity judge who is shown.
/// @param mean  [3, n, n], the mean picture
/// @return  how many pictures, and the identity errors in the order of `Shown`
TaskRow judge_identity(const EvaluationBench& bench, std::uint32_t identity, const at::Tensor& mean);

/// Means over the rows of some people; nothing when there is none.
std::optional<IdentityReport> identity_report(std::span<const TaskRow> rows);

}  // namespace understudy
