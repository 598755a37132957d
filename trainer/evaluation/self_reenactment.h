#pragma once

#include <span>

#include "trainer/evaluation/evaluation_bench.h"
#include "trainer/evaluation/evaluation_report.h"
#include "trainer/evaluation/shared_tasks.h"

namespace understudy {

/// The mean of the pictures that should be drawn of all driving frames, [3, n, n]. Collective: every rank adds those of
/// its clips, as whole numbers of 2^-30, so that the sum does not depend on who added what.
at::Tensor mean_picture(const EvaluationBench& bench);

/// Draws a clip's person by the clip's own driving frames. @param mean  as above
/// @return  the scores of every frame and of what is shown, in the order of `Shown`
TaskRow reenact_itself(const EvaluationBench& bench, const EvaluatedClip& clip, const JudgedPicture& mean);

/// Means over the rows of some clips.
SelfReport self_report(std::span<const TaskRow> rows);

}  // namespace understudy
