#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "data_pipeline/data_set.h"
#include "data_pipeline/sampler.h"
#include "trainer/findings.h"
#include "trainer/training_sets.h"

namespace understudy {

/// What is in a data set that a run names.
struct SetFacts {
  std::string key;  ///< "data.train"
  std::string path;
  std::uint64_t bytes = 0;  ///< of all its files
  std::uint64_t identities = 0;
  std::uint64_t clips = 0;
  std::uint64_t frames = 0;
  std::uint64_t usable_frames = 0;     ///< that may be drawn: not marked, every required annotation valid
  std::uint64_t drawn_identities = 0;  ///< that have a clip with enough usable frames
  double share = 1.0;                  ///< of the samples that are drawn from it
};

/// A set that a run can draw from.
struct CheckedSet {
  SetFacts facts;
  std::shared_ptr<const DataSet> set;
  std::shared_ptr<const Sampler> sampler;
};

/// Opens a set as training would. Every file of its manifest that is missing or has another size is a problem of its
/// own; SHA-256 and frames are left to `understudy shard verify`.
/// @returns nothing when there are problems
std::optional<CheckedSet> check_set(const NamedSet& named,
                                    const EpisodeSpec& spec,
                                    std::uint64_t seed,
                                    const SamplerOptions& options,
                                    Problems& problems);

/// Warns of frames that are smaller than the pictures of the networks, or not square.
void check_frame_sizes(const CheckedSet& checked, std::int64_t picture_size, Problems& warnings);

/// Warns of people who are in validation and in one of the training sets.
void check_people_apart(std::span<const CheckedSet> train, const CheckedSet& validation, Problems& warnings);

/// Warns of a validation list that is longer than what there is to draw.
void check_validation_list(const CheckedSet& validation, std::int64_t episodes, Problems& warnings);

}  // namespace understudy
