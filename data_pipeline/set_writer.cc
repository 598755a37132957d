#include "data_pipeline/set_writer.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/clip_check.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/shard_writer.h"

namespace understudy {
namespace {

constexpr std::string_view kUnfinished = "unfinished";   // lies in the folder while a SetWriter's set is not whole
constexpr std::string_view kPackWorkFolder = "packing";  // of the packer

bool is_part_of_a_set(std::string_view name) {
  return name.starts_with("frames-") && (name.ends_with(".h5") || name.find(".partial") != std::string_view::npos);
}

bool holds_parts(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (is_part_of_a_set(entry.path().filename().string())) return true;
  }
  return false;
}

/// What a packer began it goes on with; only what a SetWriter began is written anew.
void require_no_work_of_others(const std::filesystem::path& folder) {
  const bool own = std::filesystem::exists(folder / kUnfinished);
  if (!std::filesystem::exists(folder / kPackWorkFolder) && (own || !holds_parts(folder))) return;
  throw DataError(fmt::format(
      "{}: holds a set that `understudy pack` has begun; let it finish by the same command, name another folder, or "
      "remove this one first",
      folder.string()));
}

void remove_unfinished(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (is_part_of_a_set(entry.path().filename().string())) std::filesystem::remove(entry.path());
  }
  std::filesystem::remove(folder / kIndexName);
  std::filesystem::remove(folder / partial_name(kIndexName));
}

}  // namespace

void require_no_set(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(fmt::format("{}: cannot make the folder: {}", folder.string(), error.message()));
  if (!std::filesystem::exists(folder / kSetManifestName)) return;
  throw DataError(
      fmt::format("{}: already holds a data set; name another folder, or remove this one first", folder.string()));
}

struct SetWriter::State {
  std::filesystem::path folder;
  SetOptions options;
  std::vector<ShardReceipt> shards;
  std::optional<ShardWriter> shard;
  std::string last_identity;
  std::string last_name;
  std::string last_video;
  std::set<std::string, std::less<>> videos_of_identity;
  std::optional<std::pair<std::size_t, std::size_t>> truth_sizes;
  bool finished = false;

  void require_order(const ClipRecord& clip) const {
    if (std::tie(last_identity, last_name) >= std::tie(clip.identity, clip.name)) {
      fail_clip(
          clip,
          fmt::format(
              "of identity \"{}\" comes after clip \"{}\" of \"{}\"; add clips sorted by (identity, name), each once",
              clip.identity,
              last_name,
              last_identity));
    }
    if (last_identity == clip.identity && last_video != clip.video && videos_of_identity.contains(clip.video)) {
      fail_clip(clip,
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
      fail_clip(clip,
                fmt::format("true identity and expression must have {} and {} parameters as in the clips before",
                            truth_sizes->first,
                            truth_sizes->second));
    }
  }

  void close_shard() {
    if (shard) shards.push_back(shard->close());
    shard.reset();
  }

  void make_room(const ClipRecord& clip) {
    std::uint64_t bytes = 0;
    for (const auto& frame : clip.frames) bytes += frame.size();
    if (shard && shard->payload_bytes() + bytes > options.shard_bytes) close_shard();
    if (!shard) shard.emplace(folder, static_cast<std::uint32_t>(shards.size()), options);
  }

  void remember(const ClipRecord& clip) {
    if (last_identity != clip.identity) videos_of_identity.clear();
    videos_of_identity.insert(clip.video);
    last_identity = clip.identity;
    last_name = clip.name;
    last_video = clip.video;
  }
};

SetWriter::SetWriter(std::filesystem::path folder, SetOptions options) : state_(std::make_unique<State>()) {
  require_no_set(folder);
  require_no_work_of_others(folder);
  write_file_atomically(folder / kUnfinished, "");
  remove_unfinished(folder);
  state_->folder = std::move(folder);
  state_->options = std::move(options);
}
SetWriter::~SetWriter() = default;
SetWriter::SetWriter(SetWriter&&) noexcept = default;

void SetWriter::add(const ClipRecord& clip) {
  if (state_->finished) throw Error(fmt::format("clip \"{}\" was added to a set that is finished", clip.name));
  state_->require_order(clip);
  state_->require_truth_sizes(clip);
  state_->make_room(clip);
  state_->shard->add(clip);
  state_->remember(clip);
}

void SetWriter::finish() {
  state_->close_shard();
  publish_set(state_->folder, state_->shards, state_->options);
  std::filesystem::remove(state_->folder / kUnfinished);
  state_->finished = true;
}

}  // namespace understudy
