#pragma once

#include <optional>
#include <string>

#include "trainer/preflight/run_check.h"

namespace understudy {

/// A check of a run as a table to read: what the run will take, then every warning and every problem.
/// @param job_hours  length of a job, to say how many the run takes
std::string report_run_check(const RunCheckRequest& request, const RunCheck& check, std::optional<double> job_hours);

}  // namespace understudy
