#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data_pipeline/data_set.h"
#include "trainer/evaluation/evaluation_options.h"

namespace understudy {

/// A clip and the frames of it that are used, by their numbers within the clip.
struct EvaluatedClip {
  std::uint32_t clip = 0;
  std::uint32_t identity = 0;
  std::uint32_t first = 0;             ///< the first usable frame, which stands for copying the source
  std::vector<std::uint32_t> sources;  ///< the first usable frames; none where the weights hold the person
  std::vector<std::uint32_t> driving;  ///< spread evenly over the rest
};

/// The person of one clip, driven by another clip.
struct Crossing {
  std::size_t shown = 0;   ///< of `EvaluationPlan::clips`
  std::size_t driver = 0;  ///< of `EvaluationPlan::drivers`
};

/// Which pictures an evaluation draws, in which order: a function of the set and the options alone.
struct EvaluationPlan {
  std::vector<std::uint32_t> persons;  ///< identities that are measured, ascending
  std::vector<EvaluatedClip> clips;    ///< of these, ascending
  std::vector<EvaluatedClip>
      drivers;  ///< clips that drive other people: the same, or of everybody else if one person is measured
  std::vector<Crossing> crossings;  ///< where the true picture can be drawn; one a clip at most
  std::int64_t short_clips = 0;     ///< left out because they have no frame beside the sources

  /// Clips of a person that are measured, in order.
  std::vector<std::size_t> clips_of(std::uint32_t identity) const;
  /// First clips, of `drivers`, of the people that come after this one in the list and go round to its beginning.
  std::vector<std::size_t> drivers_of(std::uint32_t identity, std::int64_t most) const;
};

/// Identities of these names, ascending; all where no name is given. @throws ConfigError  naming every unknown one
std::vector<std::uint32_t> identities_named(const DataSet& set, const std::vector<std::string>& names);

/// @param sources  frames that show a person; 0: none
/// @throws DataError  when no clip is long enough
EvaluationPlan plan_evaluation(const DataSet& set, std::int64_t sources, const EvaluationOptions& options);

}  // namespace understudy
