#include "data_pipeline/packer/packer.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/config_writer.h"
#include "common/errors.h"
#include "common/hash.h"
#include "common/log.h"
#include "data_pipeline/packer/input_record.h"
#include "data_pipeline/packer/pack_lock.h"
#include "data_pipeline/packer/pack_plan.h"
#include "data_pipeline/packer/record_line.h"
#include "data_pipeline/packer/shard_receipt_file.h"
#include "data_pipeline/packer/split_rule.h"
#include "data_pipeline/parallel.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/shard_writer.h"

namespace understudy {
namespace {

constexpr std::string_view kRejectedName = "rejected.tsv";

SplitRule rule_of(const PackRequest& request) {
  const PackSettings& settings = request.settings;
  switch (settings.split) {
    case SplitKind::kFolder:
      return split_by_folder();
    case SplitKind::kIdentity:
      return split_by_identity(static_cast<std::uint64_t>(settings.split_seed), settings.split_fraction);
    case SplitKind::kLists:
      return split_by_lists(request.split_lists);
    case SplitKind::kNone:
      break;
  }
  return [](const ListedClip&) { return std::string(); };
}

FileEntry publish_record(const std::filesystem::path& folder, std::string_view name, const std::string& text) {
  write_file_atomically(folder / name, text);
  return measure_file(folder / name);
}

}  // namespace

std::filesystem::path pack_work_folder(const std::filesystem::path& out) {
  return out / "packing";
}

struct Packer::State {
  PackRequest request;
  SetOptions options;
  std::filesystem::path work_folder;
  RequestedInput input;
  PackPlan plan;
  std::optional<PackLock> lock;  // of the worker that plans

  explicit State(PackRequest wanted)
      : request(std::move(wanted)),
        options(set_options(request.settings)),
        work_folder(pack_work_folder(request.out)),
        input(request) {}

  std::filesystem::path folder_of(const std::string& set) const {
    return set.empty() ? request.out : request.out / set;
  }

  std::filesystem::path receipt_of(const PlannedShard& shard) const {
    return work_folder / fmt::format("{}-{:05}.done", shard.set.empty() ? "set" : shard.set, shard.number);
  }

  std::optional<PackedShard> packed(const PlannedShard& shard) const {
    return read_packed_shard(receipt_of(shard), folder_of(shard.set));
  }

  bool is_finished(const std::string& set) const { return std::filesystem::exists(folder_of(set) / kSetManifestName); }

  bool is_planned() const { return std::filesystem::exists(work_folder / kPlanName); }

  void read_stored_plan() {
    require_same_request();
    plan = read_plan(work_folder / kPlanName);
  }

  void require_same_request() const {
    std::vector<std::string> differences = settings_differences();
    const std::filesystem::path record = work_folder / kInputRecordName;
    const auto inputs = input_differences(std::filesystem::exists(record) ? read_file(record) : "", request);
    differences.insert(differences.end(), inputs.begin(), inputs.end());
    if (differences.empty()) return;
    throw DataError(fmt::format("{}: was begun with other options; repeat them, or name another --out\n  {}",
                                request.out.string(),
                                fmt::join(differences, "\n  ")));
  }

  std::vector<std::string> settings_differences() const {
    const std::filesystem::path path = work_folder / kSettingsName;
    PackSettings before = read_settings(read_file(path), path.string());
    PackSettings now = request.settings;
    return method_differences([&](ConfigVisitor& visitor) { describe(visitor, before); },
                              [&](ConfigVisitor& visitor) { describe(visitor, now); },
                              "at its beginning");
  }

  std::vector<std::uint64_t> predict(const std::vector<ListedClip>& clips) const {
    std::vector<std::uint64_t> bytes(clips.size());
    parallel_for(
        clips.size(), request.threads, [&](std::size_t i) { bytes[i] = input.clips().predict_bytes(clips[i]); });
    return bytes;
  }

  void make_plan() {
    const Listing listing = input.clips().list();
    plan.rejections = listing.rejections;
    const SplitClips split = split_clips(listing.clips, rule_of(request));
    for (const auto& [set, clips] : split.splits) {
      const auto shards = cut_into_shards(set, clips, predict(clips), options.shard_bytes);
      plan.shards.insert(plan.shards.end(), shards.begin(), shards.end());
    }
    spdlog::info("{} clips in {} shards; {} rejected by name, {} left out by the split",
                 plan.clips(),
                 plan.shards.size(),
                 plan.rejections.size(),
                 split.left_out);
    if (plan.shards.empty()) {
      throw DataError(fmt::format("{}: there is no clip to pack; {} files were rejected by name{}",
                                  request.input.string(),
                                  plan.rejections.size(),
                                  split.left_out > 0 ? fmt::format(", {} left out by the split", split.left_out) : ""));
    }
    for (const std::string& set : plan.sets()) require_no_set(folder_of(set));
  }

  void store_plan() const {
    std::filesystem::create_directories(work_folder);
    write_file_atomically(work_folder / kSettingsName, options.packer_config);
    write_file_atomically(work_folder / kInputRecordName, input_record(request));
    write_file_atomically(work_folder / kPlanName, plan_text(plan));
  }

  /// What became of all shards of a set. @throws DataError  when one is not whole
  std::vector<PackedShard> collect(const std::string& set) const {
    std::vector<PackedShard> shards;
    for (const PlannedShard& shard : plan.shards) {
      if (shard.set != set) continue;
      std::optional<PackedShard> done = packed(shard);
      if (!done) throw DataError(fmt::format("{}: is missing; pack again to make it", receipt_of(shard).string()));
      shards.push_back(std::move(*done));
    }
    return shards;
  }

  void publish(const std::string& set,
               const std::vector<ShardReceipt>& receipts,
               const std::vector<Rejection>& rejections) const {
    const std::filesystem::path folder = folder_of(set);
    if (receipts.empty()) {
      throw DataError(fmt::format("{}: every clip was rejected, so there is no set to write; the reasons are\n{}",
                                  folder.string(),
                                  rejected_table(rejections)));
    }
    const std::array records{publish_record(folder, kSettingsName, options.packer_config),
                             publish_record(folder, kPlanName, plan_text(plan, set)),
                             publish_record(folder, kRejectedName, rejected_table(rejections))};
    publish_set(folder, receipts, options, records);
  }

  /// @param all  every rejection so far, those of this set are added
  void merge_set(const std::string& set, std::vector<Rejection>& all, PackCounts& counts) const {
    std::vector<ShardReceipt> receipts;
    std::vector<Rejection> rejections = set.empty() ? plan.rejections : std::vector<Rejection>();
    for (PackedShard& shard : collect(set)) {
      rejections.insert(rejections.end(), shard.rejections.begin(), shard.rejections.end());
      counts.rejected += shard.rejections.size();
      if (!shard.receipt) continue;
      counts.packed += shard.receipt->shard.clips;
      counts.frames += shard.receipt->shard.frames;
      for (const ByteRange& range : shard.receipt->shard.file.payload) counts.bytes += range.bytes;
      receipts.push_back(std::move(*shard.receipt));
    }
    all.insert(all.end(), rejections.begin(), rejections.end());
    if (!is_finished(set)) publish(set, receipts, rejections);
  }
};

Packer::Packer(PackRequest request) : state_(std::make_unique<State>(std::move(request))) {}
Packer::~Packer() = default;

void Packer::plan() {
  if (!state_->is_planned()) state_->make_plan();  // before anything is written: a mistake leaves no folder behind
  state_->lock.emplace(state_->work_folder);
  if (state_->is_planned()) {
    state_->read_stored_plan();
  } else {
    state_->store_plan();
  }
}

void Packer::join() {
  state_->read_stored_plan();
}

std::vector<std::size_t> Packer::pending() const {
  std::vector<std::size_t> shards;
  for (std::size_t i = 0; i < state_->plan.shards.size(); ++i) {
    const PlannedShard& shard = state_->plan.shards[i];
    if (!state_->is_finished(shard.set) && !state_->packed(shard)) shards.push_back(i);
  }
  return shards;
}

std::uint64_t Packer::clips_of(std::span<const std::size_t> shards) const {
  std::uint64_t clips = 0;
  for (const std::size_t place : shards) clips += state_->plan.shards[place].clips.size();
  return clips;
}

bool Packer::work(std::span<const std::size_t> shards, const PackWatch& watch) {
  PackCounts counts;
  for (const std::size_t place : shards) {
    const PlannedShard& shard = state_->plan.shards.at(place);
    const std::filesystem::path folder = state_->folder_of(shard.set);
    const auto packed =
        pack_shard(state_->input.clips(), shard, folder, state_->options, state_->request.threads, watch, counts);
    if (!packed) return false;
    sync_folder(folder);  // the files are there for good before the receipt is
    write_packed_shard(state_->receipt_of(shard), *packed);
  }
  return true;
}

PackCounts Packer::merge() {
  PackCounts counts{.rejected = state_->plan.rejections.size()};
  std::vector<Rejection> all;
  const std::vector<std::string> sets = state_->plan.sets();
  for (const std::string& set : sets) state_->merge_set(set, all, counts);
  if (sets != std::vector<std::string>{""}) {
    all.insert(all.end(), state_->plan.rejections.begin(), state_->plan.rejections.end());
    write_file_atomically(state_->request.out / kRejectedName, rejected_table(all));
  }
  return counts;
}

}  // namespace understudy
