#include "data_pipeline/set_writer.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"
#include "common/version.h"
#include "data_pipeline/annotation_writer.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/set_index.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {
namespace {

constexpr std::size_t kLongestName = 256;
constexpr int kLargestSide = 65500;  // of a JPEG

[[noreturn]] void fail(const ClipRecord& clip, std::string_view problem) {
  throw DataError(fmt::format("clip \"{}\": {}", clip.name, problem));
}

void require_name(const ClipRecord& clip, std::string_view what, std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (name.empty() || name.size() > kLongestName || !plain) {
    fail(
        clip,
        fmt::format(
            "{} \"{}\" is not 1 to {} printable ASCII characters without blanks; rename it", what, name, kLongestName));
  }
}

void require_names(const ClipRecord& clip) {
  require_name(clip, "name", clip.name);
  require_name(clip, "identity", clip.identity);
  require_name(clip, "video", clip.video);
}

void require_count(const ClipRecord& clip, std::string_view what, std::size_t count) {
  if (count == 0 || count == clip.frames.size()) return;
  fail(clip, fmt::format("{} {} for {} frames; there must be one a frame or none", count, what, clip.frames.size()));
}

void require_counts(const ClipRecord& clip) {
  if (clip.frames.empty()) fail(clip, "has no frames; leave it out");
  require_count(clip, "source indices", clip.source_index.size());
  require_count(clip, "usability marks", clip.unusable.size());
  require_count(clip, "landmark rows", clip.annotations.landmarks.size());
  require_count(clip, "masks", clip.annotations.masks.size());
  require_count(clip, "poses", clip.annotations.truth.pose.size());
  require_count(clip, "expressions", clip.annotations.truth.expression.size());
}

void require_frames(const ClipRecord& clip) {
  if (clip.width < 1 || clip.height < 1 || clip.width > kLargestSide || clip.height > kLargestSide) {
    fail(clip, fmt::format("size {} x {} is impossible", clip.width, clip.height));
  }
  for (std::size_t i = 0; i < clip.frames.size(); ++i) {
    const PictureSize size = jpeg_size(clip.frames[i], fmt::format("clip \"{}\", frame {}", clip.name, i));
    if (size == PictureSize{clip.width, clip.height}) continue;
    fail(clip,
         fmt::format("frame {} is {} x {}, the clip {} x {}; crop or resize it first",
                     i,
                     size.width,
                     size.height,
                     clip.width,
                     clip.height));
  }
}

bool is_part_of_a_set(std::string_view name) {
  return name.starts_with("frames-") && (name.ends_with(".h5") || name.find(".partial") != std::string_view::npos);
}

void remove_unfinished(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (is_part_of_a_set(entry.path().filename().string())) std::filesystem::remove(entry.path());
  }
  std::filesystem::remove(folder / kIndexName);
  std::filesystem::remove(folder / partial_name(kIndexName));
}

}  // namespace

struct SetWriter::State {
  std::filesystem::path folder;
  SetOptions options;
  SetIndex index;
  SetManifest manifest;
  std::optional<FrameShardWriter> shard;
  AnnotationCollector annotations;
  std::set<std::string, std::less<>> videos_of_identity;
  std::optional<std::pair<std::size_t, std::size_t>> truth_sizes;
  bool finished = false;

  void require_order(const ClipRecord& clip) const {
    if (index.clips.empty()) return;
    const std::string& last_identity = index.identities.back().name;
    const std::string& last_name = index.clips.back().name;
    if (std::tie(last_identity, last_name) >= std::tie(clip.identity, clip.name)) {
      fail(clip,
           fmt::format(
               "of identity \"{}\" comes after clip \"{}\" of \"{}\"; add clips sorted by (identity, name), each once",
               clip.identity,
               last_name,
               last_identity));
    }
    const bool same_video = last_identity == clip.identity && index.videos.back().name == clip.video;
    if (last_identity == clip.identity && !same_video && videos_of_identity.contains(clip.video)) {
      fail(clip,
           fmt::format("video \"{}\" was left and comes again; clip names must begin with identity and video",
                       clip.video));
    }
  }

  void require_truth_sizes(const ClipRecord& clip) {
    const SyntheticTruth& truth = clip.annotations.truth;
    if (truth.empty()) return;
    const std::pair sizes{truth.identity.size(), truth.expression.empty() ? 0 : truth.expression.front().size()};
    if (!truth_sizes) truth_sizes = sizes;
    const auto other = [&](const std::vector<float>& row) { return row.size() != truth_sizes->second; };
    if (sizes != *truth_sizes || std::any_of(truth.expression.begin(), truth.expression.end(), other)) {
      fail(clip,
           fmt::format("true identity and expression must have {} and {} parameters as in the clips before",
                       truth_sizes->first,
                       truth_sizes->second));
    }
  }

  void close_shard() {
    const auto number = static_cast<std::uint32_t>(manifest.shards.size());
    const FileEntry file = measure_file(shard->close());
    const FrameTables& tables = shard->tables();
    manifest.shards.push_back({file, tables.clips(), tables.frames()});
    for (const WrittenAnnotation& written : annotations.write(folder, {number, file.sha256, &tables}, options)) {
      manifest.annotations.push_back({written.kind, number, measure_file(written.path)});
    }
    shard.reset();
    annotations = {};
  }

  void make_room(const ClipRecord& clip) {
    std::uint64_t bytes = 0;
    for (const auto& frame : clip.frames) bytes += frame.size();
    if (shard && shard->payload_bytes() + bytes > options.shard_bytes) close_shard();
    if (!shard) shard.emplace(folder, static_cast<std::uint32_t>(manifest.shards.size()), options);
  }

  void append(const ClipRecord& clip) {
    if (index.identities.empty() || index.identities.back().name != clip.identity) videos_of_identity.clear();
    videos_of_identity.insert(clip.video);
    const bool new_identity = index.identities.empty() || index.identities.back().name != clip.identity;
    shard->add(clip, static_cast<std::uint32_t>(index.identities.size() - (new_identity ? 0 : 1)));
    annotations.add(clip);
    const FrameTables& tables = shard->tables();
    const auto in_shard = static_cast<std::uint32_t>(tables.clips() - 1);
    index.append(clip.identity,
                 clip.video,
                 {clip.name, 0, 0, static_cast<std::uint32_t>(clip.frames.size()), clip.width, clip.height},
                 {static_cast<std::uint32_t>(manifest.shards.size()),
                  in_shard,
                  tables.usable_frames(in_shard),
                  tables.content_crc(in_shard)});
    manifest.frames += clip.frames.size();
  }

  void publish_index() {
    const std::filesystem::path partial = folder / partial_name(kIndexName);
    write_index(partial, index);
    manifest.index = measure_file(publish_file(partial, folder / kIndexName));
  }

  void publish_manifest() {
    manifest.fingerprint = index.fingerprint();
    manifest.source = options.source;
    manifest.packer = fmt::format("understudy {}", version());
    manifest.packer_config_sha256 = sha256_hex(options.packer_config);
    manifest.identities = index.identities.size();
    manifest.videos = index.videos.size();
    manifest.clips = index.clips.size();
    sync_folder(folder);  // every name that the manifest lists is durable before the manifest is
    write_set_manifest(folder / kSetManifestName, manifest);
  }
};

SetWriter::SetWriter(std::filesystem::path folder, SetOptions options) : state_(std::make_unique<State>()) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(fmt::format("{}: cannot make the folder: {}", folder.string(), error.message()));
  if (std::filesystem::exists(folder / kSetManifestName)) {
    throw DataError(
        fmt::format("{}: already holds a data set; name another folder, or remove this one first", folder.string()));
  }
  remove_unfinished(folder);
  state_->folder = std::move(folder);
  state_->options = std::move(options);
}
SetWriter::~SetWriter() = default;
SetWriter::SetWriter(SetWriter&&) noexcept = default;

void SetWriter::add(const ClipRecord& clip) {
  if (state_->finished) throw Error(fmt::format("clip \"{}\" was added to a set that is finished", clip.name));
  require_names(clip);
  require_counts(clip);
  require_frames(clip);
  state_->require_order(clip);
  state_->require_truth_sizes(clip);
  state_->make_room(clip);
  state_->append(clip);
}

void SetWriter::finish() {
  if (state_->index.clips.empty()) {
    throw DataError(fmt::format("{}: no clip was added, so there is no set to write", state_->folder.string()));
  }
  state_->close_shard();
  state_->publish_index();
  state_->publish_manifest();
  state_->finished = true;
}

}  // namespace understudy
