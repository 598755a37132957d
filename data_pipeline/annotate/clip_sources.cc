#include "data_pipeline/annotate/clip_sources.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/packer/pack_plan.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {
namespace {

void require_intact(const std::filesystem::path& folder, const FileEntry& entry) {
  if (const std::string problem = size_problem(folder, entry); !problem.empty()) throw DataError(problem);
  if (sha256_of_file(folder / entry.file) == entry.sha256) return;
  throw DataError(
      fmt::format("{}: is damaged, and says where the files of each clip are looked for; restore it from its source or "
                  "pack the set again",
                  (folder / entry.file).string()));
}

}  // namespace

ClipSources::ClipSources(const std::filesystem::path& folder, const SetManifest& manifest) {
  const auto plan = std::find_if(
      manifest.records.begin(), manifest.records.end(), [](const FileEntry& entry) { return entry.file == kPlanName; });
  if (plan == manifest.records.end()) return;
  require_intact(folder, *plan);
  for (const PlannedShard& shard : read_plan(folder / kPlanName).shards) {
    for (const ListedClip& clip : shard.clips) planned_.emplace(clip.name, clip.source);
  }
}

std::vector<std::string> ClipSources::of(const ListedClip& clip) const {
  if (const auto planned = planned_.find(clip.name); planned != planned_.end()) return {planned->second};
  std::string folders = clip.name;
  const std::size_t first = folders.find('#');
  const std::size_t second = first == std::string::npos ? first : folders.find('#', first + 1);
  for (const std::size_t sign : {first, second}) {
    if (sign != std::string::npos) folders[sign] = '/';
  }
  return {clip.name, folders};
}

}  // namespace understudy
