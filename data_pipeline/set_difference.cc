#include "data_pipeline/set_difference.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "data_pipeline/data_set.h"
#include "data_pipeline/set_index.h"

namespace understudy {
namespace {

/// What manifest and index tell of a set.
struct Contents {
  SetManifest manifest;
  SetIndex index;
  std::set<std::string> identities;
  std::set<std::string> videos;
  std::map<std::string, std::uint32_t> clips;  // row of the index by name

  explicit Contents(const std::filesystem::path& folder_or_manifest) {
    const std::filesystem::path path = find_manifest(folder_or_manifest);
    manifest = read_set_manifest(path);
    require_structure(path.parent_path(), manifest.index);
    index = read_index(path.parent_path() / manifest.index.file, manifest.fingerprint);
    for (const IdentityEntry& identity : index.identities) identities.insert(identity.name);
    for (const VideoEntry& video : index.videos) {
      videos.insert(fmt::format("{}#{}", index.identities[video.identity].name, video.name));
    }
    for (std::uint32_t clip = 0; clip < index.clips.size(); ++clip) clips[index.clips[clip].name] = clip;
  }

  ClipFacts facts(std::uint32_t clip) const {
    const ClipEntry& entry = index.clips[clip];
    const ClipPlace& place = index.places[clip];
    return {index.identities[entry.identity].name,
            index.videos[entry.video].name,
            entry.width,
            entry.height,
            entry.frames,
            place.usable,
            place.content_crc};
  }

  bool has(AnnotationKind kind) const {
    const auto& entries = manifest.annotations;
    return std::any_of(
        entries.begin(), entries.end(), [&](const AnnotationEntry& entry) { return entry.kind == kind; });
  }

  bool has(AnnotationKind kind, std::uint32_t clip) const {
    const auto& entries = manifest.annotations;
    return std::any_of(entries.begin(), entries.end(), [&](const AnnotationEntry& entry) {
      return entry.kind == kind && entry.shard == index.places[clip].shard;
    });
  }
};

std::set<std::string> names_of(const std::map<std::string, std::uint32_t>& clips) {
  std::set<std::string> names;
  for (const auto& [name, row] : clips) names.insert(name);
  return names;
}

NameDifference compare_names(const std::set<std::string>& first, const std::set<std::string>& second) {
  NameDifference difference;
  std::set_difference(
      first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(difference.only_first));
  std::set_difference(
      second.begin(), second.end(), first.begin(), first.end(), std::back_inserter(difference.only_second));
  difference.both = first.size() - difference.only_first.size();
  return difference;
}

/// Rows of a clip in both sets.
struct CommonClip {
  std::string name;
  std::uint32_t first;
  std::uint32_t second;
};

std::vector<CommonClip> common_clips(const Contents& first, const Contents& second) {
  std::vector<CommonClip> clips;
  for (const auto& [name, row] : first.clips) {
    if (const auto other = second.clips.find(name); other != second.clips.end())
      clips.push_back({name, row, other->second});
  }
  return clips;
}

/// A set with its annotations.
struct Side {
  const Contents& contents;
  DataSet set;
};

/// Bit by bit, so that a number that is none equals itself.
template <class Values>
bool same_bits(const Values& first, const Values& second) {
  return first.size() == second.size() &&
         std::memcmp(first.data(), second.data(), first.size() * sizeof(first[0])) == 0;
}

std::optional<Mask> mask_of(const Side& side, FrameRef ref) {
  return side.contents.has(AnnotationKind::kMask, ref.clip) ? side.set.mask(ref) : std::nullopt;
}

bool same_mask(const Side& first, FrameRef a, const Side& second, FrameRef b) {
  const std::optional<Mask> left = mask_of(first, a);
  const std::optional<Mask> right = mask_of(second, b);
  if (!left || !right) return left.has_value() == right.has_value();
  return left->width == right->width && left->coverage == right->coverage;
}

bool same_truth(const Side& first, FrameRef a, const Side& second, FrameRef b) {
  const std::optional<FrameTruth> left = first.set.truth(a);
  const std::optional<FrameTruth> right = second.set.truth(b);
  if (!left || !right) return left.has_value() == right.has_value();
  return same_bits(left->pose, right->pose) && same_bits(left->expression, right->expression) &&
         same_bits(*first.set.identity_truth(a.clip), *second.set.identity_truth(b.clip));
}

bool same_annotation(AnnotationKind kind, const Side& first, FrameRef a, const Side& second, FrameRef b) {
  if (kind == AnnotationKind::kMask) return same_mask(first, a, second, b);
  if (kind == AnnotationKind::kSynthetic) return same_truth(first, a, second, b);
  return first.set.annotation_row(kind, a) == second.set.annotation_row(kind, b);
}

/// A frame that a shard without the kind holds is as one whose annotation is not known.
bool same_annotations(AnnotationKind kind, const Side& first, const Side& second, const CommonClip& clip) {
  for (std::uint32_t frame = 0; frame < first.set.clips()[clip.first].frames; ++frame) {
    if (!same_annotation(kind, first, {clip.first, frame}, second, {clip.second, frame})) return false;
  }
  return true;
}

/// Clips of another number of frames are left out: they are told as changed.
std::vector<std::string> changed_clips(AnnotationKind kind,
                                       const Side& first,
                                       const Side& second,
                                       const std::vector<CommonClip>& clips) {
  const bool other_pixels = kind == AnnotationKind::kLandmark68 &&
                            first.set.landmark_reference_size() != second.set.landmark_reference_size();
  std::vector<std::string> names;
  for (const CommonClip& clip : clips) {
    if (first.set.clips()[clip.first].frames != second.set.clips()[clip.second].frames) continue;
    if (other_pixels || !same_annotations(kind, first, second, clip)) names.push_back(clip.name);
  }
  return names;
}

}  // namespace

bool SetDifference::empty() const {
  return identities.empty() && videos.empty() && clips.empty() && changed.empty() &&
         std::all_of(kinds.begin(), kinds.end(), [](const KindDifference& kind) { return kind.empty(); });
}

SetDifference compare_sets(const std::filesystem::path& first, const std::filesystem::path& second, bool index_only) {
  const Contents a(first);
  const Contents b(second);
  SetDifference difference{.first = a.manifest,
                           .second = b.manifest,
                           .identities = compare_names(a.identities, b.identities),
                           .videos = compare_names(a.videos, b.videos),
                           .clips = compare_names(names_of(a.clips), names_of(b.clips)),
                           .annotations_compared = !index_only};
  const std::vector<CommonClip> clips = common_clips(a, b);
  for (const CommonClip& clip : clips) {
    const ClipDifference facts{clip.name, a.facts(clip.first), b.facts(clip.second)};
    if (facts.first != facts.second) difference.changed.push_back(facts);
  }
  for (const AnnotationKind kind : kAnnotationKinds) {
    if (a.has(kind) || b.has(kind)) difference.kinds.push_back({kind, a.has(kind), b.has(kind), {}});
  }
  if (index_only) return difference;
  const Side first_side{a, DataSet::open(first)};
  const Side second_side{b, DataSet::open(second)};
  for (KindDifference& kind : difference.kinds) {
    if (kind.in_first && kind.in_second) kind.clips = changed_clips(kind.kind, first_side, second_side, clips);
  }
  return difference;
}

}  // namespace understudy
