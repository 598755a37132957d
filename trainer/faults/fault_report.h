#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "clusters/communicator.h"
#include "common/file_system.h"
#include "data_pipeline/sampler.h"
#include "trainer/recipe.h"
#include "trainer/step_engine.h"

namespace understudy {

/// An episode for a reader, and its number for data.exclude.
struct EpisodeNote {
  std::uint64_t sample = 0;
  std::string set;  ///< folder
  std::string identity;
  std::string clip;
  std::vector<std::uint32_t> frames;  ///< sources first, driving frame last
};

/// What one rank found, as every rank knows it.
struct Fault {
  int rank = 0;
  std::string what;
  std::optional<std::int64_t> micro_batch;  ///< none: a weight, a buffer or a replica
  std::string batch;  ///< file of the micro-batch, for `understudy replay`; empty where it could not be written
  std::vector<EpisodeNote> episodes;  ///< of the micro-batch
};

/// What all ranks found in one iteration; the same on all ranks.
struct FaultReport {
  Iteration iteration = 0;
  std::vector<Fault> faults;  ///< in rank order

  /// All comes from episodes: without them the iteration is in order.
  bool of_episodes_alone() const;
  /// Numbers of the episodes' samples, ascending.
  std::vector<std::int64_t> samples() const;
  /// A line a fault; ranks that found the same in their replicas share one.
  std::string text(int world_size) const;
};

nlohmann::ordered_json to_json(const FaultReport& report);
/// @throws nlohmann::json::exception
FaultReport fault_report_from(const nlohmann::ordered_json& json);

/// Where findings become faults.
struct FaultScene {
  const Recipe& recipe;
  const EpisodeSource& source;  ///< of the episodes
  std::string system;           ///< name of the recipe
  std::filesystem::path run;
  const FileSystem& files;
};

/// Writes this rank's offending micro-batches to failed/ of the run and tells all ranks. Collective.
FaultReport share_faults(const std::vector<Finding>& findings,
                         Iteration iteration,
                         const FaultScene& scene,
                         Communicator& ranks);

}  // namespace understudy
