#include "data_pipeline/packer/pack_plan.h"

#include <charconv>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/packer/record_line.h"

namespace understudy {
namespace {

constexpr std::string_view kFirstLine = "# understudy packing plan 1";

void append_shard(std::string& text, const PlannedShard& shard) {
  text += record_line({"shard", shard.set, std::to_string(shard.number)});
  for (const ListedClip& clip : shard.clips) {
    text += record_line({"clip", clip.identity, clip.video, clip.name, clip.split, clip.source});
  }
}

/// Reads one line of a plan. @return  whether it is one
bool take_line(PackPlan& plan, const std::vector<std::string>& fields) {
  if (fields[0] == "shard" && fields.size() == 3) {
    std::uint32_t number = 0;
    const char* end = fields[2].data() + fields[2].size();
    if (std::from_chars(fields[2].data(), end, number).ptr != end) return false;
    plan.shards.push_back({fields[1], number, {}});
  } else if (fields[0] == "clip" && fields.size() == 6 && !plan.shards.empty()) {
    plan.shards.back().clips.push_back({fields[3], fields[1], fields[2], fields[4], fields[5]});
  } else if (const auto rejection = rejection_of(fields)) {
    plan.rejections.push_back(*rejection);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> PackPlan::sets() const {
  std::vector<std::string> names;
  for (const PlannedShard& shard : shards) {
    if (names.empty() || names.back() != shard.set) names.push_back(shard.set);
  }
  return names;
}

std::uint64_t PackPlan::clips() const {
  std::uint64_t count = 0;
  for (const PlannedShard& shard : shards) count += shard.clips.size();
  return count;
}

std::vector<PlannedShard> cut_into_shards(const std::string& set,
                                          std::span<const ListedClip> clips,
                                          std::span<const std::uint64_t> predicted,
                                          std::uint64_t shard_bytes) {
  std::vector<PlannedShard> shards;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    if (shards.empty() || (bytes > 0 && bytes + predicted[i] > shard_bytes)) {
      shards.push_back({set, static_cast<std::uint32_t>(shards.size()), {}});
      bytes = 0;
    }
    shards.back().clips.push_back(clips[i]);
    bytes += predicted[i];
  }
  return shards;
}

std::string plan_text(const PackPlan& plan) {
  std::string text = fmt::format("{}\n", kFirstLine);
  for (const PlannedShard& shard : plan.shards) append_shard(text, shard);
  for (const Rejection& rejection : plan.rejections) text += rejection_line(rejection);
  return text;
}

std::string plan_text(const PackPlan& plan, const std::string& set) {
  std::string text = fmt::format("{}\n", kFirstLine);
  for (const PlannedShard& shard : plan.shards) {
    if (shard.set == set) append_shard(text, shard);
  }
  return text;
}

PackPlan read_plan(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  const std::vector<std::vector<std::string>> lines = read_record_lines(text);
  PackPlan plan;
  std::size_t number = 1;
  bool good = text.starts_with(kFirstLine);
  for (const auto& fields : lines) {
    good = good && take_line(plan, fields);
    if (!good) break;
    ++number;
  }
  if (good) return plan;
  throw DataError(fmt::format(
      "{}: entry {} is none of a packing plan; remove the folder it lies in and pack again", path.string(), number));
}

}  // namespace understudy
