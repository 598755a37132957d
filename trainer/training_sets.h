#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/problems.h"
#include "data_pipeline/mixed_sampler.h"
#include "trainer/run_config.h"

namespace understudy {

/// A set that a configuration names, and which of its frames count.
struct NamedSet {
  std::string key;  ///< "data.train"
  std::string path;
  FrameSelection selection;
};
std::vector<NamedSet> training_sets_of(const RunConfig& config);
/// Of a set of its own, or what the training set holds out; nothing when there is none.
std::optional<NamedSet> validation_set_of(const RunConfig& config);

/// @throws DataError
std::shared_ptr<const DataSet> open_set(const NamedSet& named, const SetRequirements& requirements);

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
