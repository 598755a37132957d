#pragma once

#include <string>

#include "trainer/evaluation/evaluation_report.h"

namespace understudy {

/// The report for a terminal: what was measured, the means with their baselines, and a line for each person.
std::string format_table(const EvaluationReport& report);

}  // namespace understudy
