#include "data_pipeline/statistics/set_statistics.h"

#include <algorithm>
#include <utility>

#include "data_pipeline/data_set.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {
namespace {

constexpr std::size_t kWorstClips = 10;

std::uint64_t count_usable(const DataSet& set) {
  std::uint64_t frames = 0;
  for (std::uint32_t clip = 0; clip < set.clips().size(); ++clip) frames += set.usable_frames(clip).size();
  return frames;
}

/// The value of `measure` for each entry.
template <class Entries, class Measure>
Tally tally_of(const Entries& entries, const Measure& measure) {
  Tally tally;
  for (const auto& entry : entries) tally.add(static_cast<std::uint64_t>(measure(entry)));
  return tally;
}

/// The value of `measure` for each frame, which is the same for all frames of a clip.
template <class Measure>
Tally tally_of_frames(const DataSet& set, const Measure& measure) {
  Tally tally;
  for (const ClipEntry& clip : set.clips()) tally.add(static_cast<std::uint64_t>(measure(clip)), clip.frames);
  return tally;
}

Tally frames_per_identity(const DataSet& set) {
  std::vector<std::uint64_t> frames(set.identities().size());
  for (const ClipEntry& clip : set.clips()) frames[clip.identity] += clip.frames;
  return tally_of(frames, [](std::uint64_t count) { return count; });
}

Tally usable_frames_per_clip(const DataSet& set) {
  Tally tally;
  for (std::uint32_t clip = 0; clip < set.clips().size(); ++clip) tally.add(set.usable_frames(clip).size());
  return tally;
}

Tally jpeg_bytes(const std::filesystem::path& folder, const SetManifest& manifest) {
  Tally tally;
  for (const ShardEntry& entry : manifest.shards) {
    const FrameShard shard(folder / entry.file.file, entry.number);
    for (std::uint64_t frame = 0; frame < shard.tables().frames(); ++frame) tally.add(shard.frame_bytes(frame));
  }
  return tally;
}

/// Sorted by share, then by name, so that equal sets give equal lists.
bool is_worse(const ClipCoverage& a, const ClipCoverage& b) {
  const std::uint64_t left = a.annotated * b.usable;
  const std::uint64_t right = b.annotated * a.usable;
  return left != right ? left < right : a.clip < b.clip;
}

/// @param annotated  the same set opened with the annotation required
std::vector<ClipCoverage> coverage_of_clips(const DataSet& set, const DataSet& annotated) {
  std::vector<ClipCoverage> clips;
  for (std::uint32_t clip = 0; clip < set.clips().size(); ++clip) {
    clips.push_back({set.clips()[clip].name, set.usable_frames(clip).size(), annotated.usable_frames(clip).size()});
  }
  return clips;
}

Coverage summarize(std::vector<ClipCoverage> clips) {
  Coverage coverage;
  for (const ClipCoverage& clip : clips) coverage.annotated += clip.annotated;
  std::erase_if(clips, [](const ClipCoverage& clip) { return clip.annotated == clip.usable; });
  std::sort(clips.begin(), clips.end(), is_worse);
  if (clips.size() > kWorstClips) clips.resize(kWorstClips);
  coverage.worst = std::move(clips);
  return coverage;
}

Tally percent_covered(const std::vector<ClipCoverage>& clips) {
  Tally tally;
  for (const ClipCoverage& clip : clips) {
    if (clip.usable > 0) tally.add(100 * clip.annotated / clip.usable);
  }
  return tally;
}

std::vector<Distribution> distributions_of(const DataSet& set) {
  const auto pixels = [](const ClipEntry& clip) { return std::int64_t{clip.width} * clip.height; };
  return {
      {"clips_per_identity",
       "Clips per identity",
       "clips",
       "identities",
       tally_of(set.identities(), [](const IdentityEntry& identity) { return identity.clips; })},
      {"videos_per_identity",
       "Videos per identity",
       "videos",
       "identities",
       tally_of(set.identities(), [](const IdentityEntry& identity) { return identity.videos; })},
      {"frames_per_identity", "Frames per identity", "frames", "identities", frames_per_identity(set)},
      {"frames_per_clip",
       "Frames per clip",
       "frames",
       "clips",
       tally_of(set.clips(), [](const ClipEntry& clip) { return clip.frames; })},
      {"usable_frames_per_clip", "Usable frames per clip", "frames", "clips", usable_frames_per_clip(set)},
      {"frame_width",
       "Frame width",
       "pixels",
       "frames",
       tally_of_frames(set, [](const ClipEntry& clip) { return clip.width; })},
      {"frame_height",
       "Frame height",
       "pixels",
       "frames",
       tally_of_frames(set, [](const ClipEntry& clip) { return clip.height; })},
      {"frame_pixels", "Frame area", "pixels", "frames", tally_of_frames(set, pixels)},
  };
}

void add_coverage(const DataSet& set,
                  const std::filesystem::path& path,
                  const SetRequirements& requirements,
                  const Distribution& kind,
                  std::optional<Coverage>& coverage,
                  std::vector<Distribution>& distributions) {
  std::vector<ClipCoverage> clips = coverage_of_clips(set, DataSet::open(path, requirements));
  distributions.push_back(kind);
  distributions.back().values = percent_covered(clips);
  coverage = summarize(std::move(clips));
}

}  // namespace

SetStatistics measure_set(const std::filesystem::path& folder_or_manifest) {
  const DataSet set = DataSet::open(folder_or_manifest);
  const SetManifest manifest = read_set_manifest(find_manifest(folder_or_manifest));
  SetStatistics statistics{set.source(),
                           set.fingerprint(),
                           set.identities().size(),
                           set.videos().size(),
                           set.clips().size(),
                           set.frame_count(),
                           count_usable(set),
                           {},
                           {},
                           distributions_of(set)};
  std::vector<Distribution>& distributions = statistics.distributions;
  distributions.push_back(
      {"jpeg_bytes", "JPEG size of a frame", "bytes", "frames", jpeg_bytes(set.folder(), manifest)});
  if (set.has_landmarks()) {
    const Distribution kind{"landmark_coverage", "Landmark coverage of a clip", "%", "clips", {}};
    add_coverage(set, folder_or_manifest, {.landmarks = true}, kind, statistics.landmarks, distributions);
  }
  if (set.has_masks()) {
    const Distribution kind{"mask_coverage", "Mask coverage of a clip", "%", "clips", {}};
    add_coverage(set, folder_or_manifest, {.masks = true}, kind, statistics.masks, distributions);
  }
  return statistics;
}

}  // namespace understudy
