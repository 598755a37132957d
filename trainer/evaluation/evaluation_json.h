#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "trainer/evaluation/evaluation_options.h"
#include "trainer/evaluation/evaluation_report.h"

namespace understudy {

/// Version of the format; docs/evaluation.md.
inline constexpr std::int64_t kEvaluationFormat = 1;

/// What a report belongs to and does not know itself.
struct EvaluationOrigin {
  std::filesystem::path weights;
  std::int64_t threads = 1;  ///< of each rank: part of the bits
};

/// The report as JSON: numbers with all their digits, nothing that depends on the number of ranks.
std::string format_json(const EvaluationReport& report,
                        const EvaluationOptions& options,
                        const EvaluationOrigin& origin);

}  // namespace understudy
