#include "data_pipeline/open_set.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "common/problems.h"
#include "data_pipeline/set_format.h"

namespace understudy {
namespace {

void require_identity(const std::filesystem::path& folder, const SetIndex& index, const std::string& name) {
  std::vector<std::string> names;
  for (const IdentityEntry& identity : index.identities) names.push_back(identity.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  const std::string near = nearest_word(name, names);
  throw DataError(fmt::format(
      "{}: shows nobody named \"{}\"; it shows {} people, {}",
      folder.string(),
      name,
      names.size(),
      near.empty() ? fmt::format("the first is {}", names.front()) : fmt::format("did you mean {}?", near)));
}

}  // namespace

OpenSet::OpenSet(const std::filesystem::path& manifest_path,
                 SetManifest its_manifest,
                 const SetRequirements& wanted,
                 const ReadOptions& reading)
    : folder(manifest_path.has_parent_path() ? manifest_path.parent_path() : "."),
      manifest(std::move(its_manifest)),
      requirements(wanted) {
  require_structure(folder, manifest.index);
  index = read_index(folder / manifest.index.file, manifest.fingerprint);
  open_shards(reading);
  for (std::uint32_t clip = 0; clip < index.clips.size(); ++clip) require_clip(clip);
  require_annotations();
  list_usable_frames();
  fingerprint = fingerprint_of_run();
}

void OpenSet::select(const FrameSelection& selection) {
  for (std::uint32_t clip = 0; clip < index.clips.size(); ++clip) {
    std::vector<std::uint32_t>& frames = usable[clip];
    const std::string& person = index.identities[index.clips[clip].identity].name;
    const bool wanted = selection.identity.empty() || person == selection.identity;
    frames = wanted ? selected_frames(frames, selection) : std::vector<std::uint32_t>();
  }
  if (!selection.identity.empty()) require_identity(folder, index, selection.identity);
  Sha256 hash;
  hash.update(fingerprint + "\n" + selection.text());
  fingerprint = hash.hex_digest();
}

std::uint64_t OpenSet::first_row(std::uint32_t clip) const {
  return shard_of(clip).frames.tables().first_frame[index.places[clip].clip_in_shard];
}

OpenSet::Row OpenSet::row(FrameRef ref) const {
  if (ref.clip >= index.clips.size() || ref.frame >= index.clips[ref.clip].frames) {
    throw DataError(fmt::format("{}: there is no frame {} of clip row {}; the set has {} clips",
                                folder.string(),
                                ref.frame,
                                ref.clip,
                                index.clips.size()));
  }
  return {&shard_of(ref.clip), first_row(ref.clip) + ref.frame};
}

void OpenSet::open_shards(const ReadOptions& reading) {
  for (const ShardEntry& entry : manifest.shards) shards.push_back(open_shard(folder, entry, reading));
  for (const AnnotationEntry& entry : manifest.annotations) {
    require_structure(folder, entry.file);
    const std::size_t place = manifest.place_of(entry.shard);
    const AnnotationPartner partner{
        entry.shard, manifest.shards[place].file.sha256, &shards[place].frames.tables(), reading};
    shards[place].add(entry.kind, folder / entry.file.file, partner);
  }
}

void OpenSet::fail_clip(std::uint32_t clip) const {
  throw DataError(
      fmt::format("{}: clip \"{}\" is not in shard {} as the index says (name, size, frames or contents differ); the "
                  "files of the set were mixed up, pack it again",
                  (folder / manifest.index.file).string(),
                  index.clips[clip].name,
                  index.places[clip].shard));
}

void OpenSet::require_clip(std::uint32_t clip) {
  const ClipEntry& entry = index.clips[clip];
  const ClipPlace& place = index.places[clip];
  shard_place_.push_back(manifest.place_of(place.shard));
  if (shard_place_[clip] == shards.size() || place.clip_in_shard >= shard_of(clip).frames.tables().clips()) {
    fail_clip(clip);
  }
  const FrameTables& tables = shard_of(clip).frames.tables();
  const std::uint64_t at = place.clip_in_shard;
  const bool same = tables.clip_name[at] == entry.name &&
                    tables.first_frame[at + 1] - tables.first_frame[at] == entry.frames &&
                    tables.clip_identity[at] == index.identities[entry.identity].name &&
                    tables.clip_video[at] == index.videos[entry.video].name &&
                    tables.clip_size[2 * at] == entry.width && tables.clip_size[2 * at + 1] == entry.height &&
                    tables.content_crc(at) == place.content_crc && tables.usable_frames(at) == place.usable;
  if (!same) fail_clip(clip);
}

void OpenSet::require_annotations() {
  bool any_landmarks = false;
  bool any_masks = false;
  for (const OpenShard& shard : shards) {
    any_landmarks = any_landmarks || shard.landmarks() != nullptr;
    any_masks = any_masks || shard.masks;
    if (shard.landmarks() == nullptr) continue;
    const float size = shard.landmarks()->reference_size();
    if (landmark_reference_size != 0.0F && landmark_reference_size != size) {
      throw DataError(fmt::format("{}: its landmark shards have reference sizes {} and {}; write them again with one",
                                  folder.string(),
                                  landmark_reference_size,
                                  size));
    }
    landmark_reference_size = size;
  }
  require_kind(requirements.landmarks, any_landmarks, AnnotationKind::kLandmark68);
  require_kind(requirements.masks, any_masks, AnnotationKind::kMask);
}

void OpenSet::require_kind(bool wanted, bool found, AnnotationKind kind) const {
  if (!wanted || found) return;
  throw DataError(
      fmt::format("{}: the run needs annotations of kind {}, of which the set has none; add them with `understudy "
                  "annotate {} --kind {} --from DIR`",
                  folder.string(),
                  annotation_kind_name(kind),
                  folder.string(),
                  annotation_kind_name(kind)));
}

void OpenSet::list_usable_frames() {
  usable.resize(index.clips.size());
  for (std::uint32_t clip = 0; clip < index.clips.size(); ++clip) {
    const std::uint64_t first = first_row(clip);
    for (std::uint32_t frame = 0; frame < index.clips[clip].frames; ++frame) {
      if (shard_of(clip).usable(first + frame, requirements)) usable[clip].push_back(frame);
    }
  }
}

std::uint32_t OpenSet::landmark_crc(std::uint32_t clip) const {
  const RowShard* landmarks = shard_of(clip).landmarks();
  const std::uint64_t frames = index.clips[clip].frames;
  if (landmarks == nullptr) return RowShard::unknown_crc(AnnotationKind::kLandmark68, frames);
  return landmarks->content_crc(first_row(clip), first_row(clip) + frames);
}

std::uint32_t OpenSet::mask_crc(std::uint32_t clip) const {
  const std::optional<MaskShard>& masks = shard_of(clip).masks;
  const std::uint64_t frames = index.clips[clip].frames;
  if (!masks) return MaskShard::unknown_crc(frames);
  return masks->content_crc(first_row(clip), first_row(clip) + frames);
}

// A shard without a file of a kind counts like one in which nothing is known, so that it does not matter how clips are
// cut into shards.
std::string OpenSet::fingerprint_of_run() const {
  if (!requirements.landmarks && !requirements.masks) return manifest.fingerprint;
  Sha256 hash;
  hash.update(manifest.fingerprint + "\n");
  for (std::uint32_t clip = 0; clip < index.clips.size(); ++clip) {
    if (requirements.landmarks) {
      hash.update(fmt::format("landmark68\t{}\t{}\t{:08x}\n", clip, landmark_reference_size, landmark_crc(clip)));
    }
    if (requirements.masks) hash.update(fmt::format("mask\t{}\t{:08x}\n", clip, mask_crc(clip)));
  }
  return hash.hex_digest();
}

}  // namespace understudy
