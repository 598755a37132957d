#pragma once

#include <memory>
#include <vector>

#include "common/problems.h"
#include "data_pipeline/mixed_sampler.h"
#include "trainer/run_config.h"

namespace understudy {

using DataSets = std::vector<std::shared_ptr<const DataSet>>;

/// Opens every set that a run trains on. Problems of one do not hide those of the next.
/// @returns  those that could be opened, in their order
DataSets open_training_sets(const RunConfig& config, const SetRequirements& requirements, Problems& problems);

/// Adds a problem when no set is named, and for sets that cannot be mixed: landmarks must be in pixels of pictures of
/// one size, because crops round such pixels.
void check_training_sets(const RunConfig& config, const DataSets& sets, Problems& problems);

/// What a run draws its samples from. @param sets  all that the configuration names. @throws DataError
MixedSampler training_sampler(const DataSets& sets, const RunConfig& config, const EpisodeSpec& spec);

}  // namespace understudy
