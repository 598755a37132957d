#include "data_pipeline/data_set.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "common/problems.h"
#include "data_pipeline/annotation_shard.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/set_manifest.h"
#include "data_pipeline/shard_cache.h"

namespace understudy {
namespace {

struct OpenShard {
  FrameShard frames;
  std::vector<RowShard> rows;  // one a kind
  std::optional<MaskShard> masks;
  std::optional<SyntheticShard> truth;

  void add(AnnotationKind kind, const std::filesystem::path& path, const AnnotationPartner& partner) {
    if (kind == AnnotationKind::kMask) {
      masks.emplace(path, partner);
    } else if (kind == AnnotationKind::kSynthetic) {
      truth.emplace(path, partner);
    } else {
      rows.emplace_back(kind, path, partner);
    }
  }

  const RowShard* find(AnnotationKind kind) const {
    const auto found = std::find_if(rows.begin(), rows.end(), [kind](const RowShard& r) { return r.kind() == kind; });
    return found == rows.end() ? nullptr : &*found;
  }
  /// Null for a kind that is held in memory.
  const PlainFile* annotation_file(AnnotationKind kind) const {
    if (kind == AnnotationKind::kMask) return masks ? &masks->file() : nullptr;
    const RowShard* shard = find(kind);
    return shard == nullptr ? nullptr : &shard->file();
  }

  const RowShard* landmarks() const { return find(AnnotationKind::kLandmark68); }

  bool usable(std::uint64_t frame, const SetRequirements& requirements) const {
    return (frames.tables().flags[frame] & kFlagUsable) != 0 &&
           (!requirements.landmarks || (landmarks() != nullptr && landmarks()->valid(frame))) &&
           (!requirements.masks || (masks && masks->valid(frame)));
  }
};

OpenShard open_shard(const std::filesystem::path& folder, const ShardEntry& entry, const ReadOptions& reading) {
  require_structure(folder, entry.file);
  OpenShard shard{FrameShard(folder / entry.file.file, entry.number, reading), {}, {}, {}};
  const FrameTables& tables = shard.frames.tables();
  if (tables.clips() != entry.clips || tables.frames() != entry.frames) {
    throw DataError(fmt::format(
        "{}: holds {} clips and {} frames where the manifest says {} and {}; the files of the set were mixed up",
        (folder / entry.file.file).string(),
        tables.clips(),
        tables.frames(),
        entry.clips,
        entry.frames));
  }
  return shard;
}

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

/// Where a frame's row lies in its shard's tables.
struct Row {
  const OpenShard* shard;
  std::uint64_t frame;
};

}  // namespace

struct DataSet::State {
  std::filesystem::path folder;
  SetManifest manifest;
  SetRequirements requirements;
  SetIndex index;
  std::vector<OpenShard> shards;
  std::vector<std::size_t> shard_place;            // [clips] in `shards`
  std::vector<std::vector<std::uint32_t>> usable;  // [clips]
  std::string fingerprint;
  float landmark_reference_size = 0.0F;

  const OpenShard& shard_of(std::uint32_t clip) const { return shards[shard_place[clip]]; }

  std::uint64_t first_row(std::uint32_t clip) const {
    return shard_of(clip).frames.tables().first_frame[index.places[clip].clip_in_shard];
  }

  Row row(FrameRef ref) const {
    if (ref.clip >= index.clips.size() || ref.frame >= index.clips[ref.clip].frames) {
      throw DataError(fmt::format("{}: there is no frame {} of clip row {}; the set has {} clips",
                                  folder.string(),
                                  ref.frame,
                                  ref.clip,
                                  index.clips.size()));
    }
    return {&shard_of(ref.clip), first_row(ref.clip) + ref.frame};
  }

  void open_shards(const ReadOptions& reading) {
    for (const ShardEntry& entry : manifest.shards) shards.push_back(open_shard(folder, entry, reading));
    for (const AnnotationEntry& entry : manifest.annotations) {
      require_structure(folder, entry.file);
      const std::size_t place = manifest.place_of(entry.shard);
      const AnnotationPartner partner{
          entry.shard, manifest.shards[place].file.sha256, &shards[place].frames.tables(), reading};
      shards[place].add(entry.kind, folder / entry.file.file, partner);
    }
  }

  [[noreturn]] void fail_clip(std::uint32_t clip) const {
    throw DataError(
        fmt::format("{}: clip \"{}\" is not in shard {} as the index says (name, size, frames or contents differ); the "
                    "files of the set were mixed up, pack it again",
                    (folder / manifest.index.file).string(),
                    index.clips[clip].name,
                    index.places[clip].shard));
  }

  void require_clip(std::uint32_t clip) {
    const ClipEntry& entry = index.clips[clip];
    const ClipPlace& place = index.places[clip];
    shard_place.push_back(manifest.place_of(place.shard));
    if (shard_place[clip] == shards.size() || place.clip_in_shard >= shard_of(clip).frames.tables().clips()) {
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

  void require_annotations() {
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

  void require_kind(bool wanted, bool found, AnnotationKind kind) const {
    if (!wanted || found) return;
    throw DataError(
        fmt::format("{}: the run needs annotations of kind {}, of which the set has none; add them with `understudy "
                    "annotate {} --kind {} --from DIR`",
                    folder.string(),
                    annotation_kind_name(kind),
                    folder.string(),
                    annotation_kind_name(kind)));
  }

  void list_usable_frames() {
    usable.resize(index.clips.size());
    for (std::uint32_t clip = 0; clip < index.clips.size(); ++clip) {
      const std::uint64_t first = first_row(clip);
      for (std::uint32_t frame = 0; frame < index.clips[clip].frames; ++frame) {
        if (shard_of(clip).usable(first + frame, requirements)) usable[clip].push_back(frame);
      }
    }
  }

  std::uint32_t landmark_crc(std::uint32_t clip) const {
    const RowShard* landmarks = shard_of(clip).landmarks();
    const std::uint64_t frames = index.clips[clip].frames;
    if (landmarks == nullptr) return RowShard::unknown_crc(AnnotationKind::kLandmark68, frames);
    return landmarks->content_crc(first_row(clip), first_row(clip) + frames);
  }

  std::uint32_t mask_crc(std::uint32_t clip) const {
    const std::optional<MaskShard>& masks = shard_of(clip).masks;
    const std::uint64_t frames = index.clips[clip].frames;
    if (!masks) return MaskShard::unknown_crc(frames);
    return masks->content_crc(first_row(clip), first_row(clip) + frames);
  }

  /// The set's fingerprint, extended by every annotation that the run depends on. A shard without a file of a kind
  /// counts like one in which nothing is known, so that it does not matter how clips are cut into shards.
  std::string fingerprint_of_run() const {
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
};

DataSet::DataSet(std::unique_ptr<State> state) : state_(std::move(state)) {}
DataSet::~DataSet() = default;
DataSet::DataSet(DataSet&&) noexcept = default;

DataSet DataSet::open(const std::filesystem::path& folder_or_manifest,
                      const SetRequirements& requirements,
                      const ReadOptions& reading,
                      const FrameSelection& selection) {
  const std::filesystem::path path = find_manifest(folder_or_manifest);
  DataSet set = open(path, read_set_manifest(path), requirements, reading);
  if (!selection.everything()) set.select(selection);
  return set;
}

void DataSet::select(const FrameSelection& selection) {
  const SetIndex& index = state_->index;
  for (std::uint32_t clip = 0; clip < index.clips.size(); ++clip) {
    std::vector<std::uint32_t>& usable = state_->usable[clip];
    const std::string& person = index.identities[index.clips[clip].identity].name;
    const bool wanted = selection.identity.empty() || person == selection.identity;
    usable = wanted ? selected_frames(usable, selection) : std::vector<std::uint32_t>();
  }
  if (!selection.identity.empty()) require_identity(state_->folder, index, selection.identity);
  Sha256 hash;
  hash.update(state_->fingerprint + "\n" + selection.text());
  state_->fingerprint = hash.hex_digest();
}

DataSet DataSet::open_without(const std::filesystem::path& folder_or_manifest, AnnotationKind kind) {
  const std::filesystem::path path = find_manifest(folder_or_manifest);
  SetManifest manifest = read_set_manifest(path);
  std::erase_if(manifest.annotations, [kind](const AnnotationEntry& entry) { return entry.kind == kind; });
  return open(path, std::move(manifest), {}, {});
}

DataSet DataSet::open(const std::filesystem::path& manifest_path,
                      SetManifest manifest,
                      const SetRequirements& requirements,
                      const ReadOptions& reading) {
  auto state = std::make_unique<State>();
  state->folder = manifest_path.has_parent_path() ? manifest_path.parent_path() : ".";
  state->requirements = requirements;
  state->manifest = std::move(manifest);
  require_structure(state->folder, state->manifest.index);
  state->index = read_index(state->folder / state->manifest.index.file, state->manifest.fingerprint);
  state->open_shards(reading);
  for (std::uint32_t clip = 0; clip < state->index.clips.size(); ++clip) state->require_clip(clip);
  state->require_annotations();
  state->list_usable_frames();
  state->fingerprint = state->fingerprint_of_run();
  return DataSet(std::move(state));
}

const std::string& DataSet::fingerprint() const {
  return state_->fingerprint;
}
const SetRequirements& DataSet::requirements() const {
  return state_->requirements;
}
const std::filesystem::path& DataSet::folder() const {
  return state_->folder;
}
const std::string& DataSet::source() const {
  return state_->manifest.source;
}
std::span<const IdentityEntry> DataSet::identities() const {
  return state_->index.identities;
}
std::span<const VideoEntry> DataSet::videos() const {
  return state_->index.videos;
}
std::span<const ClipEntry> DataSet::clips() const {
  return state_->index.clips;
}
std::uint64_t DataSet::frame_count() const {
  return state_->manifest.frames;
}
std::span<const std::uint32_t> DataSet::usable_frames(std::uint32_t clip) const {
  return state_->usable.at(clip);
}

std::string DataSet::describe(FrameRef ref) const {
  const Row row = state_->row(ref);
  return fmt::format("{}, clip \"{}\", frame {}",
                     row.shard->frames.file().path().string(),
                     state_->index.clips[ref.clip].name,
                     ref.frame);
}

std::vector<std::byte> DataSet::read_frame(FrameRef ref) const {
  StoredFrame frame;
  ReadCounts counts;
  read(ref, {}, frame, counts);
  return std::move(frame.jpeg);
}

void DataSet::read(FrameRef ref, const SetRequirements& wanted, StoredFrame& frame, ReadCounts& counts) const {
  const Row row = state_->row(ref);
  const FrameShard& shard = row.shard->frames;
  const std::uint32_t stored = shard.tables().crc32c[row.frame];
  frame.jpeg.resize(shard.frame_bytes(row.frame));
  const std::uint32_t found = shard.file().read_checked(shard.frame_offset(row.frame), frame.jpeg, stored, &counts);
  if (found != stored) {
    throw DamageError(fmt::format(
        "{}: the bytes are damaged: CRC32C {:#010x}, stored {:#010x}, also on the second read; restore the shard, "
        "`understudy shard verify {}` lists all damage",
        describe(ref),
        found,
        stored,
        state_->folder.string()));
  }
  state_->require_kind(wanted.landmarks, row.shard->landmarks() != nullptr, AnnotationKind::kLandmark68);
  state_->require_kind(wanted.masks, row.shard->masks.has_value(), AnnotationKind::kMask);
  if (wanted.landmarks) {
    const auto target = std::as_writable_bytes(std::span(frame.landmarks.xy));
    row.shard->landmarks()->read(row.frame, target, describe(ref), &counts);
  }
  if (wanted.masks) frame.mask = row.shard->masks->read(row.frame, describe(ref), &counts);
}

Picture DataSet::decode_frame(FrameRef ref) const {
  Picture picture;
  decode(ref, read_frame(ref), picture);
  return picture;
}

void DataSet::decode(FrameRef ref, std::span<const std::byte> jpeg, Picture& picture) const {
  try {
    decode_jpeg(jpeg, describe(ref), picture);
  } catch (const DataError& error) {
    throw DamageError(error.what());
  }
  const ClipEntry& clip = state_->index.clips[ref.clip];
  if (picture.width == clip.width && picture.height == clip.height) return;
  throw DamageError(fmt::format("{}: is {} x {} where the index says {} x {}; pack the set again",
                                describe(ref),
                                picture.width,
                                picture.height,
                                clip.width,
                                clip.height));
}

Mask DataSet::decode_mask(FrameRef ref, std::span<const std::byte> bytes) const {
  const Row row = state_->row(ref);
  const ClipEntry& clip = state_->index.clips[ref.clip];
  try {
    return understudy::decode_mask(bytes, row.shard->masks->codec(), clip.width, clip.height, describe(ref));
  } catch (const DataError& error) {
    throw DamageError(error.what());
  }
}

CopyCounts DataSet::use_cache(const ShardCache& cache, int share, int shares, const std::stop_token& stop) const {
  CopyCounts counts;
  const auto copy = [&](const PlainFile& file, const FileEntry& of) {
    if (!file.has_copy()) {
      if (auto found = cache.fetch(file.path(), of, stop)) file.use_copy(std::move(found));
    }
    ++counts.files;
    if (file.has_copy()) ++counts.copies;
  };
  const std::size_t places = state_->manifest.shards.size();
  const std::size_t first = places * static_cast<std::size_t>(share) / static_cast<std::size_t>(shares);
  for (std::size_t i = 0; i < places && !stop.stop_requested(); ++i) {
    const std::size_t place = (first + i) % places;
    const ShardEntry& entry = state_->manifest.shards[place];
    const OpenShard& shard = state_->shards[place];
    copy(shard.frames.file(), entry.file);
    for (const AnnotationEntry& annotation : state_->manifest.annotations) {
      if (annotation.shard != entry.number) continue;
      if (const PlainFile* file = shard.annotation_file(annotation.kind)) copy(*file, annotation.file);
    }
  }
  return counts;
}

bool DataSet::has_landmarks() const {
  return state_->landmark_reference_size > 0.0F;
}

bool DataSet::has_landmarks_of(std::uint32_t clip) const {
  return state_->shard_of(clip).landmarks() != nullptr;
}

bool DataSet::has_masks() const {
  return std::any_of(
      state_->shards.begin(), state_->shards.end(), [](const OpenShard& shard) { return shard.masks.has_value(); });
}

bool DataSet::has_masks_of(std::uint32_t clip) const {
  return state_->shard_of(clip).masks.has_value();
}

bool DataSet::has_truth() const {
  return std::any_of(
      state_->shards.begin(), state_->shards.end(), [](const OpenShard& shard) { return shard.truth.has_value(); });
}

float DataSet::landmark_reference_size() const {
  state_->require_kind(true, has_landmarks(), AnnotationKind::kLandmark68);
  return state_->landmark_reference_size;
}

Landmarks68 DataSet::landmarks(FrameRef ref) const {
  const Row row = state_->row(ref);
  const RowShard* shard = row.shard->landmarks();
  state_->require_kind(true, shard != nullptr, AnnotationKind::kLandmark68);
  Landmarks68 landmarks;
  shard->read(row.frame, std::as_writable_bytes(std::span(landmarks.xy)), describe(ref));
  return landmarks;
}

bool DataSet::has(AnnotationKind kind) const {
  if (kind == AnnotationKind::kMask) return has_masks();
  if (kind == AnnotationKind::kSynthetic) return has_truth();
  return std::any_of(
      state_->shards.begin(), state_->shards.end(), [kind](const OpenShard& shard) { return shard.find(kind); });
}

std::optional<std::vector<std::byte>> DataSet::annotation_row(AnnotationKind kind, FrameRef ref) const {
  const Row row = state_->row(ref);
  const RowShard* shard = row.shard->find(kind);
  if (shard == nullptr || !shard->valid(row.frame)) return std::nullopt;
  std::vector<std::byte> bytes(row_bytes(kind));
  shard->read(row.frame, bytes, describe(ref));
  return bytes;
}

std::optional<Mask> DataSet::mask(FrameRef ref) const {
  const Row row = state_->row(ref);
  state_->require_kind(true, row.shard->masks.has_value(), AnnotationKind::kMask);
  const MaskShard& masks = *row.shard->masks;
  if (!masks.valid(row.frame)) return std::nullopt;
  return decode_mask(ref, masks.read(row.frame, describe(ref)));
}

std::optional<FrameTruth> DataSet::truth(FrameRef ref) const {
  const Row row = state_->row(ref);
  if (!row.shard->truth || !row.shard->truth->valid(row.frame)) return std::nullopt;
  return FrameTruth{row.shard->truth->pose(row.frame), row.shard->truth->expression(row.frame)};
}

std::optional<std::vector<float>> DataSet::identity_truth(std::uint32_t clip) const {
  const Row row = state_->row({clip, 0});
  if (!row.shard->truth || !row.shard->truth->valid(row.frame)) return std::nullopt;
  return row.shard->truth->identity(state_->index.places[clip].clip_in_shard);
}

}  // namespace understudy
