#include "data_pipeline/data_set.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/open_set.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/set_manifest.h"
#include "data_pipeline/shard_cache.h"

namespace understudy {

DataSet::DataSet(std::unique_ptr<const OpenSet> set) : set_(std::move(set)) {}
DataSet::~DataSet() = default;
DataSet::DataSet(DataSet&&) noexcept = default;

DataSet DataSet::open(const std::filesystem::path& folder_or_manifest,
                      const SetRequirements& requirements,
                      const ReadOptions& reading,
                      const FrameSelection& selection) {
  const std::filesystem::path path = find_manifest(folder_or_manifest);
  auto set = std::make_unique<OpenSet>(path, read_set_manifest(path), requirements, reading);
  if (!selection.everything()) set->select(selection);
  return DataSet(std::move(set));
}

DataSet DataSet::open_without(const std::filesystem::path& folder_or_manifest, AnnotationKind kind) {
  const std::filesystem::path path = find_manifest(folder_or_manifest);
  SetManifest manifest = read_set_manifest(path);
  std::erase_if(manifest.annotations, [kind](const AnnotationEntry& entry) { return entry.kind == kind; });
  return DataSet(std::make_unique<OpenSet>(path, std::move(manifest), SetRequirements(), ReadOptions()));
}

const std::string& DataSet::fingerprint() const {
  return set_->fingerprint;
}
const SetRequirements& DataSet::requirements() const {
  return set_->requirements;
}
const std::filesystem::path& DataSet::folder() const {
  return set_->folder;
}
const std::string& DataSet::source() const {
  return set_->manifest.source;
}
std::span<const IdentityEntry> DataSet::identities() const {
  return set_->index.identities;
}
std::span<const VideoEntry> DataSet::videos() const {
  return set_->index.videos;
}
std::span<const ClipEntry> DataSet::clips() const {
  return set_->index.clips;
}
std::uint64_t DataSet::frame_count() const {
  return set_->manifest.frames;
}
std::span<const std::uint32_t> DataSet::usable_frames(std::uint32_t clip) const {
  return set_->usable.at(clip);
}

std::string DataSet::describe(FrameRef ref) const {
  const OpenSet::Row row = set_->row(ref);
  return fmt::format("{}, clip \"{}\", frame {}",
                     row.shard->frames.file().path().string(),
                     set_->index.clips[ref.clip].name,
                     ref.frame);
}

std::vector<std::byte> DataSet::read_frame(FrameRef ref) const {
  StoredFrame frame;
  ReadCounts counts;
  read(ref, {}, frame, counts);
  return std::move(frame.jpeg);
}

void DataSet::read(FrameRef ref, const SetRequirements& wanted, StoredFrame& frame, ReadCounts& counts) const {
  const OpenSet::Row row = set_->row(ref);
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
        set_->folder.string()));
  }
  set_->require_kind(wanted.landmarks, row.shard->landmarks() != nullptr, AnnotationKind::kLandmark68);
  set_->require_kind(wanted.masks, row.shard->masks.has_value(), AnnotationKind::kMask);
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
  const ClipEntry& clip = set_->index.clips[ref.clip];
  if (picture.width == clip.width && picture.height == clip.height) return;
  throw DamageError(fmt::format("{}: is {} x {} where the index says {} x {}; pack the set again",
                                describe(ref),
                                picture.width,
                                picture.height,
                                clip.width,
                                clip.height));
}

Mask DataSet::decode_mask(FrameRef ref, std::span<const std::byte> bytes) const {
  const OpenSet::Row row = set_->row(ref);
  const ClipEntry& clip = set_->index.clips[ref.clip];
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
  const std::size_t places = set_->manifest.shards.size();
  const std::size_t first = places * static_cast<std::size_t>(share) / static_cast<std::size_t>(shares);
  for (std::size_t i = 0; i < places && !stop.stop_requested(); ++i) {
    const std::size_t place = (first + i) % places;
    const ShardEntry& entry = set_->manifest.shards[place];
    const OpenShard& shard = set_->shards[place];
    copy(shard.frames.file(), entry.file);
    for (const AnnotationEntry& annotation : set_->manifest.annotations) {
      if (annotation.shard != entry.number) continue;
      if (const PlainFile* file = shard.annotation_file(annotation.kind)) copy(*file, annotation.file);
    }
  }
  return counts;
}

bool DataSet::has_landmarks() const {
  return set_->landmark_reference_size > 0.0F;
}

bool DataSet::has_landmarks_of(std::uint32_t clip) const {
  return set_->shard_of(clip).landmarks() != nullptr;
}

bool DataSet::has_masks() const {
  return std::any_of(
      set_->shards.begin(), set_->shards.end(), [](const OpenShard& shard) { return shard.masks.has_value(); });
}

bool DataSet::has_masks_of(std::uint32_t clip) const {
  return set_->shard_of(clip).masks.has_value();
}

bool DataSet::has_truth() const {
  return std::any_of(
      set_->shards.begin(), set_->shards.end(), [](const OpenShard& shard) { return shard.truth.has_value(); });
}

float DataSet::landmark_reference_size() const {
  set_->require_kind(true, has_landmarks(), AnnotationKind::kLandmark68);
  return set_->landmark_reference_size;
}

Landmarks68 DataSet::landmarks(FrameRef ref) const {
  const OpenSet::Row row = set_->row(ref);
  const RowShard* shard = row.shard->landmarks();
  set_->require_kind(true, shard != nullptr, AnnotationKind::kLandmark68);
  Landmarks68 landmarks;
  shard->read(row.frame, std::as_writable_bytes(std::span(landmarks.xy)), describe(ref));
  return landmarks;
}

bool DataSet::has(AnnotationKind kind) const {
  if (kind == AnnotationKind::kMask) return has_masks();
  if (kind == AnnotationKind::kSynthetic) return has_truth();
  return std::any_of(
      set_->shards.begin(), set_->shards.end(), [kind](const OpenShard& shard) { return shard.find(kind); });
}

std::optional<std::vector<std::byte>> DataSet::annotation_row(AnnotationKind kind, FrameRef ref) const {
  const OpenSet::Row row = set_->row(ref);
  const RowShard* shard = row.shard->find(kind);
  if (shard == nullptr || !shard->valid(row.frame)) return std::nullopt;
  std::vector<std::byte> bytes(row_bytes(kind));
  shard->read(row.frame, bytes, describe(ref));
  return bytes;
}

std::optional<Mask> DataSet::mask(FrameRef ref) const {
  const OpenSet::Row row = set_->row(ref);
  set_->require_kind(true, row.shard->masks.has_value(), AnnotationKind::kMask);
  const MaskShard& masks = *row.shard->masks;
  if (!masks.valid(row.frame)) return std::nullopt;
  return decode_mask(ref, masks.read(row.frame, describe(ref)));
}

std::optional<FrameTruth> DataSet::truth(FrameRef ref) const {
  const OpenSet::Row row = set_->row(ref);
  if (!row.shard->truth || !row.shard->truth->valid(row.frame)) return std::nullopt;
  return FrameTruth{row.shard->truth->pose(row.frame), row.shard->truth->expression(row.frame)};
}

std::optional<std::vector<float>> DataSet::identity_truth(std::uint32_t clip) const {
  const OpenSet::Row row = set_->row({clip, 0});
  if (!row.shard->truth || !row.shard->truth->valid(row.frame)) return std::nullopt;
  return row.shard->truth->identity(set_->index.places[clip].clip_in_shard);
}

}  // namespace understudy
