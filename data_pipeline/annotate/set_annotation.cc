#include "data_pipeline/annotate/set_annotation.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/annotate/shard_annotation.h"
#include "data_pipeline/packer/record_line.h"
#include "data_pipeline/packer/shard_receipt_file.h"
#include "data_pipeline/set_lock.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWorkFolder = "annotating";
constexpr std::string_view kRequestName = "request.txt";
constexpr std::string_view kLockName = "set.toml.lock";

std::vector<AnnotationEntry> entries_of(const SetManifest& manifest, AnnotationKind kind) {
  std::vector<AnnotationEntry> found;
  for (const AnnotationEntry& entry : manifest.annotations) {
    if (entry.kind == kind) found.push_back(entry);
  }
  return found;
}

/// The least one of which the manifest names no file.
int free_generation(const std::vector<AnnotationEntry>& before) {
  const auto is_taken = [&](int generation) {
    return std::any_of(before.begin(), before.end(), [generation](const AnnotationEntry& entry) {
      return entry.file.file == annotation_shard_name(entry.shard, entry.kind, generation);
    });
  };
  int generation = 1;
  while (is_taken(generation)) ++generation;
  return generation;
}

void require_own_version(const SetManifest& manifest, const fs::path& path) {
  if (manifest.format_version[1] <= kFormatVersion[1]) return;
  throw DataError(
      fmt::format("{}: has format version {}.{}; this program knows {}.{} and would lose what is new; use a newer "
                  "understudy",
                  path.string(),
                  manifest.format_version[0],
                  manifest.format_version[1],
                  kFormatVersion[0],
                  kFormatVersion[1]));
}

void require_new_kind(const SetManifest& manifest, const AnnotateRequest& request, const fs::path& path) {
  if (request.replace || entries_of(manifest, request.kind).empty()) return;
  throw DataError(fmt::format("{}: has annotations of kind {} already; add --replace to write them anew",
                              path.string(),
                              annotation_kind_name(request.kind)));
}

std::string shard_hashes(const SetManifest& manifest) {
  std::string hashes;
  for (const ShardEntry& shard : manifest.shards) hashes += fmt::format("{} {}\n", shard.number, shard.file.sha256);
  return hashes;
}

}  // namespace

std::string left_out_table(std::span<const Rejection> left_out) {
  std::string text = record_line({"clip", "reason", "detail"});
  for (const Rejection& clip : left_out) {
    text += record_line({clip.source, rejection_name(clip.reason), clip.detail});
  }
  return text;
}

struct SetAnnotation::State {
  AnnotateRequest request;
  fs::path path;  // of the manifest
  fs::path folder;
  fs::path work_folder;
  SetManifest manifest;
  int generation = 1;

  explicit State(AnnotateRequest wanted) : request(std::move(wanted)), path(find_manifest(request.set)) {
    folder = path.has_parent_path() ? path.parent_path() : ".";
    work_folder = folder / kWorkFolder / annotation_kind_name(request.kind);
    manifest = read_set_manifest(path);
    require_own_version(manifest, path);
    require_new_kind(manifest, request, path);
    generation = free_generation(entries_of(manifest, request.kind));
  }

  /// Everything that the files follow from.
  std::string request_text() const {
    return fmt::format("kind {}\ngeneration {}\nlandmark size {}\nmask codec {}\ntool {}\nmade from {}\n{}",
                       annotation_kind_name(request.kind),
                       generation,
                       request.landmark_size,
                       mask_codec_name(request.mask_codec),
                       request.tool,
                       request.made_from,
                       shard_hashes(manifest));
  }

  bool is_continued() const {
    const fs::path stored = work_folder / kRequestName;
    return fs::exists(stored) && read_file(stored) == request_text();
  }

  fs::path receipt_of(const ShardEntry& shard) const { return work_folder / fmt::format("{:05}.done", shard.number); }

  ShardToAnnotate shard_at(std::size_t place) const {
    std::uint64_t first_row = 0;
    for (std::size_t i = 0; i < place; ++i) first_row += manifest.shards[i].clips;
    return {folder, work_folder, manifest.shards.at(place), first_row, generation};
  }

  /// The manifest as it is now: annotations of another kind may have been added since.
  SetManifest reread() const {
    SetManifest now = read_set_manifest(path);
    if (shard_hashes(now) != shard_hashes(manifest)) {
      throw DataError(fmt::format("{}: the set was changed meanwhile; annotate it again when nothing else writes to it",
                                  path.string()));
    }
    require_new_kind(now, request, path);
    return now;
  }

  void publish(const std::vector<AnnotationEntry>& written) const {
    const SetLock lock(folder, kLockName);  // another kind may be published now too
    SetManifest now = reread();
    const std::vector<AnnotationEntry> before = entries_of(now, request.kind);
    std::erase_if(now.annotations, [&](const AnnotationEntry& entry) { return entry.kind == request.kind; });
    now.annotations.insert(now.annotations.end(), written.begin(), written.end());
    std::stable_sort(now.annotations.begin(), now.annotations.end(), [](const auto& a, const auto& b) {
      return std::tie(a.shard, a.kind) < std::tie(b.shard, b.kind);
    });
    system_files().sync_folder(folder);  // the files are there for good before the manifest names them
    write_set_manifest(path, now);
    remove_files(before);
  }

  void remove_files(const std::vector<AnnotationEntry>& entries) const {
    for (const AnnotationEntry& entry : entries) fs::remove(folder / entry.file.file);
  }

  void remove_work() const {
    fs::remove_all(work_folder);
    std::error_code ignored;  // another kind may be at work
    fs::remove(work_folder.parent_path(), ignored);
  }
};

SetAnnotation::SetAnnotation(AnnotateRequest request) : state_(std::make_unique<State>(std::move(request))) {}
SetAnnotation::~SetAnnotation() = default;

const std::filesystem::path& SetAnnotation::folder() const {
  return state_->folder;
}
const SetManifest& SetAnnotation::manifest() const {
  return state_->manifest;
}

void SetAnnotation::begin() {
  if (state_->is_continued()) return;
  fs::remove_all(state_->work_folder);
  fs::create_directories(state_->work_folder);
  write_file_atomically(state_->work_folder / kRequestName, state_->request_text());
}

std::vector<std::size_t> SetAnnotation::pending() const {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < state_->manifest.shards.size(); ++i) {
    const auto done = read_packed_shard(state_->receipt_of(state_->manifest.shards[i]), state_->folder);
    // Files that a clip lacked may have been added since.
    if (!done || !done->receipt || !done->rejections.empty()) places.push_back(i);
  }
  return places;
}

std::uint64_t SetAnnotation::clips_of(std::span<const std::size_t> shards) const {
  std::uint64_t clips = 0;
  for (const std::size_t place : shards) clips += state_->manifest.shards.at(place).clips;
  return clips;
}

bool SetAnnotation::work(std::span<const std::size_t> shards, const SetAnnotator& annotator, const PackWatch& watch) {
  PackCounts counts;
  for (const std::size_t place : shards) {
    const ShardToAnnotate shard = state_->shard_at(place);
    const auto done = annotate_shard(shard, state_->request, annotator, watch, counts);
    if (!done) return false;
    system_files().sync_folder(state_->folder);  // the file is there for good before the receipt is
    write_packed_shard(state_->receipt_of(shard.entry), *done);
  }
  return true;
}

AnnotationReport SetAnnotation::finish() {
  AnnotationReport report;
  std::vector<AnnotationEntry> written;
  for (const ShardEntry& shard : state_->manifest.shards) {
    const auto done = read_packed_shard(state_->receipt_of(shard), state_->folder);
    if (!done || !done->receipt) {
      throw DataError(fmt::format("{}: is missing; annotate again to make it", state_->receipt_of(shard).string()));
    }
    written.insert(written.end(), done->receipt->annotations.begin(), done->receipt->annotations.end());
    report.left_out.insert(report.left_out.end(), done->rejections.begin(), done->rejections.end());
  }
  report.clips = state_->manifest.clips;
  if (written.empty() || (state_->request.require_all && !report.left_out.empty())) {
    state_->remove_files(written);
  } else {
    state_->publish(written);
    report.files = written.size();
  }
  state_->remove_work();
  return report;
}

}  // namespace understudy
