#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "clusters/outcome.h"
#include "clusters/rank_context.h"
#include "trainer/people.h"
#include "trainer/recipe_config.h"

namespace understudy {

/// What `understudy finetune` is asked to do.
struct FinetuneRequest {
  std::filesystem::path weights;                ///< run, checkpoint or weight file of many people's networks
  std::optional<std::filesystem::path> config;  ///< of tuning; needed only beside a bare weight file
  std::vector<ConfigOverride> overrides;
  PeopleRequest people;
  std::filesystem::path out;  ///< holds a run directory for each person
};

/// The configuration that every person is tuned with. Sizes, data and losses come from the one kept beside the weights,
/// as the published code has them from its checkpoint. @throws ConfigError, CheckpointError
RunSettings finetune_settings(const FinetuneRequest& request);

/// The run directory of a person.
std::filesystem::path run_of_person(const std::filesystem::path& out, const std::string& name);

/// Tunes networks to people, each in a run of their own that is resumed if it was begun. All ranks train one person
/// together; of several, each rank takes some alone: the bits are the same. Collective.
/// @throws ConfigError, DataError  for the people who could not be tuned to, when all others were
Outcome finetune(const FinetuneRequest& request, const RankContext& context);

}  // namespace understudy
