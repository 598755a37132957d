#include "data_pipeline/clip_record_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"
#include "data_pipeline/annotation_shard.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/hdf5_file.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {
namespace {

constexpr const char* kFrameBytes = "/frame/bytes";

/// The tables of one shard that a `DataSet` does not show.
struct ShardTables {
  FrameShard frames;
  std::optional<MaskShard> masks;
  std::vector<AnnotationKind> kinds;
};

/// The value of all files, or nothing when they differ or there are none.
template <class T>
std::optional<T> common_value(const std::set<T>& values) {
  return values.size() == 1 ? std::optional(*values.begin()) : std::nullopt;
}

template <class T, std::size_t Width>
void copy_row(const std::vector<T>& table, std::uint32_t row, std::array<T, Width>& target) {
  std::copy_n(table.begin() + static_cast<std::ptrdiff_t>(row * Width), Width, target.begin());
}

/// Kinds that `ClipAnnotations` has no list of its own for.
bool is_further_kind(AnnotationKind kind) {
  return kind != AnnotationKind::kLandmark68 && !row_columns(kind).empty();
}

AnnotationRows rows_of(const DataSet& set, AnnotationKind kind, std::uint32_t clip) {
  AnnotationRows rows{kind, {}, {}};
  for (std::uint32_t frame = 0; frame < set.clips()[clip].frames; ++frame) {
    const auto row = set.annotation_row(kind, {clip, frame});
    rows.valid.push_back(row ? 1 : 0);
    rows.bytes.resize(rows.bytes.size() + row_bytes(kind));
    if (row) std::copy(row->begin(), row->end(), rows.bytes.end() - static_cast<std::ptrdiff_t>(row->size()));
  }
  return rows;
}

SyntheticTruth truth_of(const DataSet& set, std::uint32_t clip) {
  SyntheticTruth truth;
  for (std::uint32_t frame = 0; frame < set.clips()[clip].frames; ++frame) {
    const auto known = set.truth({clip, frame});
    if (!known) return {};  // truth is known of whole clips
    truth.pose.push_back(known->pose);
    truth.expression.push_back(known->expression);
  }
  truth.identity = *set.identity_truth(clip);
  return truth;
}

}  // namespace

struct ClipRecordReader::State {
  DataSet set;
  SetManifest manifest;
  SetIndex index;
  std::optional<std::uint32_t> open_shard;
  std::optional<ShardTables> shard;

  explicit State(const std::filesystem::path& path)
      : set(DataSet::open(path)),
        manifest(read_set_manifest(find_manifest(path))),
        index(read_index(set.folder() / manifest.index.file, manifest.fingerprint)) {}

  std::filesystem::path path_of(const FileEntry& entry) const { return set.folder() / entry.file; }

  /// Opens the shard of that number unless it is open.
  const ShardTables& tables_of(std::uint32_t number) {
    if (open_shard == number) return *shard;
    const ShardEntry& entry = manifest.shards[manifest.place_of(number)];
    shard.emplace(ShardTables{FrameShard(path_of(entry.file), number), {}, {}});
    const AnnotationPartner partner{number, entry.file.sha256, &shard->frames.tables()};
    for (const AnnotationEntry& annotation : manifest.annotations) {
      if (annotation.shard != number) continue;
      shard->kinds.push_back(annotation.kind);
      if (annotation.kind == AnnotationKind::kMask) shard->masks.emplace(path_of(annotation.file), partner);
    }
    open_shard = number;
    return *shard;
  }

  /// What a `DataSet` tells.
  ClipRecord read_contents(std::uint32_t clip) const {
    const ClipEntry& entry = set.clips()[clip];
    ClipRecord record;
    record.name = entry.name;
    record.identity = set.identities()[entry.identity].name;
    record.video = set.videos()[entry.video].name;
    record.width = entry.width;
    record.height = entry.height;
    record.annotations.truth = truth_of(set, clip);
    for (std::uint32_t frame = 0; frame < entry.frames; ++frame) {
      record.frames.push_back(set.read_frame({clip, frame}));
      if (set.has_landmarks_of(clip)) record.annotations.landmarks.push_back(set.landmarks({clip, frame}));
    }
    return record;
  }

  void add_tables(const ShardTables& source, std::uint32_t in_shard, ClipRecord& record) const {
    const FrameTables& tables = source.frames.tables();
    record.fps_num = tables.fps[2 * in_shard];
    record.fps_den = tables.fps[2 * in_shard + 1];
    copy_row(tables.source_box, in_shard, record.source_box);
    copy_row(tables.source_size, in_shard, record.source_size);
    copy_row(tables.input_frames, in_shard, record.input_frames);
    copy_row(tables.input_size, in_shard, record.input_size);
    copy_row(tables.input_crop, in_shard, record.input_crop);
    for (std::uint64_t row = tables.first_frame[in_shard]; row < tables.first_frame[in_shard + 1]; ++row) {
      record.source_index.push_back(tables.source_index[row]);
      record.unusable.push_back((tables.flags[row] & kFlagUsable) == 0 ? 1 : 0);
      if (source.masks) record.annotations.masks.push_back(mask_bytes(source, row, record.name));
    }
  }

  std::vector<std::byte> mask_bytes(const ShardTables& source, std::uint64_t row, const std::string& clip) const {
    if (!source.masks->valid(row)) return {};
    return source.masks->read(row, fmt::format("{}, clip \"{}\"", source.frames.file().path().string(), clip));
  }
};

ClipRecordReader::ClipRecordReader(const std::filesystem::path& folder_or_manifest)
    : state_(std::make_unique<State>(folder_or_manifest)) {}
ClipRecordReader::~ClipRecordReader() = default;
ClipRecordReader::ClipRecordReader(ClipRecordReader&&) noexcept = default;

const DataSet& ClipRecordReader::set() const {
  return state_->set;
}

SetOptions ClipRecordReader::options() const {
  std::set<std::uint64_t> qualities;
  std::set<std::string> subsamplings;
  std::set<std::string> codecs;
  std::set<std::string> tools;
  for (const ShardEntry& entry : state_->manifest.shards) {
    const Hdf5Reader file(state_->path_of(entry.file));
    qualities.insert(file.number_attribute("quality", kFrameBytes));
    subsamplings.insert(file.text_attribute("subsampling", kFrameBytes));
  }
  for (const AnnotationEntry& entry : state_->manifest.annotations) {
    const Hdf5Reader file(state_->path_of(entry.file));
    tools.insert(file.text_attribute("tool"));
    if (entry.kind == AnnotationKind::kMask) codecs.insert(file.text_attribute("codec"));
  }
  if (codecs.size() > 1) {
    throw DataError(fmt::format("{}: its mask shards have the codecs {}; a set is written with one",
                                state_->set.folder().string(),
                                fmt::join(codecs, ", ")));
  }
  SetOptions options;
  options.source = state_->manifest.source;
  options.jpeg_quality = static_cast<int>(common_value(qualities).value_or(0));
  options.jpeg_subsampling = common_value(subsamplings).value_or("unknown");
  if (state_->set.has_landmarks()) options.landmark_reference_size = state_->set.landmark_reference_size();
  if (!codecs.empty()) options.mask_codec = mask_codec_from_name(*codecs.begin(), state_->set.folder().string());
  if (!tools.empty()) options.annotation_tool = fmt::format("{}", fmt::join(tools, ", "));
  options.packer_config = "settings of which the SHA-256 is " + state_->manifest.packer_config_sha256;
  return options;
}

ClipRecord ClipRecordReader::read(std::uint32_t clip) {
  ClipRecord record = state_->read_contents(clip);
  const ClipPlace& place = state_->index.places[clip];
  const ShardTables& shard = state_->tables_of(place.shard);
  state_->add_tables(shard, place.clip_in_shard, record);
  for (const AnnotationKind kind : shard.kinds) {
    if (is_further_kind(kind)) record.annotations.rows.push_back(rows_of(state_->set, kind, clip));
  }
  return record;
}

}  // namespace understudy
