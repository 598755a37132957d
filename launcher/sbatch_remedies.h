#pragma once

#include <span>
#include <string_view>

#include "common/exit_codes.h"

namespace understudy {

/// What sbatch says when it refuses a job, and what helps.
struct SbatchRemedy {
  std::string_view message;  ///< part of what sbatch prints
  std::string_view remedy;
  ExitCode code = ExitCode::kUsage;  ///< kInternal where the cluster is at fault and not the request
};

/// The table, the more telling messages first: sbatch often prints a cause and below it a general sentence.
std::span<const SbatchRemedy> sbatch_remedies();

/// The first of the table whose message stands in what sbatch printed, in any case of letters; null when none does.
const SbatchRemedy* find_sbatch_remedy(std::string_view errors);

}  // namespace understudy
