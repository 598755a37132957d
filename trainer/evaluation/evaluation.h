#pragma once

#include <filesystem>
#include <optional>

#include "clusters/rank_context.h"
#include "trainer/evaluation/evaluation_options.h"
#include "trainer/evaluation/evaluation_report.h"
#include "trainer/evaluation/person_networks.h"

namespace understudy {

/// Measures networks on a set: self-reenactment, where the parameters of synthetic heads are known also crossed people,
/// and with an identity judge who is shown. Collective: ranks share the clips, and rank 0 adds their rows up in the
/// order of the list, so that the report is the same to the bit for any number of ranks with equally many threads.
/// @return  on rank 0 the report, elsewhere an empty one; nothing when a rank was asked to stop
/// @throws ConfigError, DataError, CheckpointError, FileError
std::optional<EvaluationReport> evaluate(PersonNetworks& networks,
                                         const std::filesystem::path& set,
                                         const EvaluationOptions& options,
                                         const RankContext& context);

}  // namespace understudy
