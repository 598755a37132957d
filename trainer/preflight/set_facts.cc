#include "trainer/preflight/set_facts.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "data_pipeline/set_manifest.h"

namespace understudy {
namespace {

std::vector<FileEntry> files_of(const SetManifest& manifest) {
  std::vector<FileEntry> files{manifest.index};
  for (const ShardEntry& shard : manifest.shards) files.push_back(shard.file);
  for (const AnnotationEntry& annotation : manifest.annotations) files.push_back(annotation.file);
  return files;
}

SetFacts facts_of(std::string key, std::string path, const SetManifest& manifest, const Sampler& sampler) {
  SetFacts facts{.key = std::move(key), .path = std::move(path)};
  for (const FileEntry& file : files_of(manifest)) facts.bytes += file.bytes;
  facts.identities = manifest.identities;
  facts.clips = manifest.clips;
  facts.frames = manifest.frames;
  for (std::uint32_t clip = 0; clip < manifest.clips; ++clip)
    facts.usable_frames += sampler.set().usable_frames(clip).size();
  facts.drawn_identities = sampler.eligible_identities();
  return facts;
}

std::vector<std::string> shared_identities(std::span<const CheckedSet> train, const DataSet& validation) {
  std::set<std::string> names;
  for (const CheckedSet& checked : train) {
    for (const IdentityEntry& identity : checked.set->identities()) names.insert(identity.name);
  }
  std::vector<std::string> shared;
  for (const IdentityEntry& identity : validation.identities()) {
    if (names.contains(identity.name)) shared.push_back(identity.name);
  }
  return shared;
}

/// The first few, and how many more there are.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  const std::vector<std::string> shown(names.begin(),
                                       names.begin() + std::min<std::ptrdiff_t>(kShown, std::ssize(names)));
  return fmt::format("{}{}", fmt::join(shown, ", "), names.size() > kShown ? ", ..." : "");
}

}  // namespace

std::optional<CheckedSet> check_set(const NamedSet& named,
                                    const EpisodeSpec& spec,
                                    std::uint64_t seed,
                                    const SamplerOptions& options,
                                    Problems& problems) {
  return collect(problems, named.key, [&]() -> std::optional<CheckedSet> {
    const std::filesystem::path manifest_path = find_manifest(named.path);
    const SetManifest manifest = read_set_manifest(manifest_path);
    bool whole = true;
    for (const FileEntry& file : files_of(manifest)) {
      const std::string problem = size_problem(manifest_path.parent_path(), file);
      if (!problem.empty()) problems.add_key(named.key, problem);
      whole = whole && problem.empty();
    }
    if (!whole) return std::nullopt;
    CheckedSet checked;
    checked.set = open_set(named, requirements_of(spec));
    checked.sampler = std::make_shared<const Sampler>(checked.set, seed, spec, options);
    checked.facts = facts_of(named.key, named.path, manifest, *checked.sampler);
    return checked;
  });
}

void check_frame_sizes(const CheckedSet& checked, std::int64_t picture_size, Problems& warnings) {
  if (picture_size == 0) return;
  std::set<std::pair<int, int>> small;
  std::set<std::pair<int, int>> oblong;
  for (const ClipEntry& clip : checked.set->clips()) {
    if (std::min(clip.width, clip.height) < picture_size) small.emplace(clip.width, clip.height);
    if (clip.width != clip.height) oblong.emplace(clip.width, clip.height);
  }
  if (!small.empty()) {
    warnings.add_key(checked.facts.key,
                     fmt::format("has frames of {} x {} pixels, which would be enlarged to model.image_size = {}; pack "
                                 "it from larger pictures, or make the model's smaller",
                                 small.begin()->first,
                                 small.begin()->second,
                                 picture_size));
  }
  if (!oblong.empty()) {
    warnings.add_key(checked.facts.key,
                     fmt::format("has frames of {} x {} pixels, which would be squeezed to squares; pack square crops",
                                 oblong.begin()->first,
                                 oblong.begin()->second));
  }
}

void check_people_apart(std::span<const CheckedSet> train, const CheckedSet& validation, Problems& warnings) {
  const std::vector<std::string> shared = shared_identities(train, *validation.set);
  if (shared.empty()) return;
  warnings.add_key("data.validation",
                   fmt::format("{} of its {} identities are in data.train, too ({}); validation on people who were "
                               "trained on says little about others",
                               shared.size(),
                               validation.facts.identities,
                               some_of(shared)));
}

void check_validation_list(const CheckedSet& validation, std::int64_t episodes, Problems& warnings) {
  std::set<std::pair<std::uint32_t, std::vector<std::uint32_t>>> distinct;
  for (const Episode& episode : validation.sampler->fixed_list(episodes)) {
    std::vector<std::uint32_t> frames;
    for (const FrameRef& frame : episode.frames) frames.push_back(frame.frame);
    distinct.emplace(episode.clip, std::move(frames));
  }
  // A repetition by chance is no matter; a tenth of them means that the set has no more to give.
  if (std::ssize(distinct) * 10 < episodes * 9) {
    warnings.add_key("validation.episodes",
                     fmt::format("{} is more than {} has: only {} of the list differ; use fewer or a larger set",
                                 episodes,
                                 validation.facts.key,
                                 distinct.size()));
  }
}

}  // namespace understudy
