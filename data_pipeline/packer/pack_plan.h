#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// Records of a packed set that it can be repaired with.
inline constexpr std::string_view kPlanName = "plan.tsv";
inline constexpr std::string_view kSettingsName = "packing.toml";

/// Clips that one worker packs into one shard.
struct PlannedShard {
  std::string set;  ///< "train", or empty where all clips make one set
  std::uint32_t number = 0;
  std::vector<ListedClip> clips;
};

/// What is packed where, a function of the input and the settings; workers enter nowhere.
struct PackPlan {
  std::vector<PlannedShard> shards;   ///< by set, then number
  std::vector<Rejection> rejections;  ///< clips whose names alone rule them out, sorted by source

  /// Names of the sets, in order.
  std::vector<std::string> sets() const;
  std::uint64_t clips() const;
};

/// Cuts each set into shards: a shard is closed when the next clip would take it beyond the size asked for.
/// @param predicted  [clips] bytes
std::vector<PlannedShard> cut_into_shards(const std::string& set,
                                          std::span<const ListedClip> clips,
                                          std::span<const std::uint64_t> predicted,
                                          std::uint64_t shard_bytes);

/// Text of a plan: one line a shard, clip and rejection.
std::string plan_text(const PackPlan& plan);
/// The part of it that one set is packed from, without rejections.
std::string plan_text(const PackPlan& plan, const std::string& set);

/// @throws DataError  when the file is no plan
PackPlan read_plan(const std::filesystem::path& path);

}  // namespace understudy
