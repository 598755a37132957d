#include "data_pipeline/packer/packer.h"

#include <algorithm>
#include <array>
#include <span>
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
#include "data_pipeline/packer/set_result.h"
#include "data_pipeline/packer/shard_receipt_file.h"
#include "data_pipeline/packer/split_rule.h"
#include "data_pipeline/parallel.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/shard_writer.h"

namespace understudy {
namespace {

constexpr std::size_t kShownRejections = 20;

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

/// The first lines of the table.
std::string shown(const std::vector<Rejection>& rejections) {
  const std::span first = std::span(rejections).first(std::min(rejections.size(), kShownRejections));
  const std::size_t more = rejections.size() - first.size();
  return rejected_table({first.begin(), first.end()}) + (more > 0 ? fmt::format("and {} more", more) : "");
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

  /// False too for a shard of rejected clips only: they may have been mended since, and little is lost.
  bool has_clips(const PlannedShard& shard) const {
    const std::optional<PackedShard> done = packed(shard);
    return done && done->receipt;
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

  /// @throws DataError  when a shard is not whole
  SetResult collect(const std::string& set) const {
    SetResult result;
    if (set.empty()) result.rejections = plan.rejections;
    for (const PlannedShard& shard : plan.shards) {
      if (shard.set != set) continue;
      std::optional<PackedShard> done = packed(shard);
      if (!done) throw DataError(fmt::format("{}: is missing; pack again to make it", receipt_of(shard).string()));
      result.add(std::move(*done));
    }
    return result;
  }

  SetResult result_of(const std::string& set) const {
    return is_finished(set) ? read_finished_set(folder_of(set)) : collect(set);
  }

  /// The table of all sets together. Adds what no set had a part in.
  void write_rejections(const std::vector<std::string>& sets, std::vector<Rejection>& all) const {
    const bool split = sets != std::vector<std::string>{""};
    if (split) all.insert(all.end(), plan.rejections.begin(), plan.rejections.end());
    if (split || !is_finished("")) write_file_atomically(request.out / kRejectedName, rejected_table(all));
  }

  /// Publishes the sets that have clips and are not there yet. @throws DataError  then, when one has no clip
  void publish_all(const std::vector<std::string>& sets, const std::vector<SetResult>& results) const {
    std::vector<std::string> empty;
    std::vector<Rejection> reasons;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (is_finished(sets[i])) continue;
      if (!results[i].receipts.empty()) {
        publish(sets[i], results[i]);
      } else {
        empty.push_back(folder_of(sets[i]).string());
        reasons.insert(reasons.end(), results[i].rejections.begin(), results[i].rejections.end());
      }
    }
    if (!empty.empty()) refuse(empty, reasons);
  }

  void publish(const std::string& set, const SetResult& result) const {
    const std::filesystem::path folder = folder_of(set);
    const std::array records{publish_record(folder, kSettingsName, options.packer_config),
                             publish_record(folder, kPlanName, plan_text(plan, set)),
                             publish_record(folder, kRejectedName, rejected_table(result.rejections))};
    publish_set(folder, result.receipts, options, records);
  }

  [[noreturn]] void refuse(const std::vector<std::string>& folders, const std::vector<Rejection>& reasons) const {
    throw DataError(
        fmt::format("{}: every clip was rejected, so there is no set to write; mend the input and run the same command "
                    "again, which tries them once more; all reasons are in {}\n{}",
                    fmt::join(folders, ", "),
                    (request.out / kRejectedName).string(),
                    shown(reasons)));
  }
};

Packer::Packer(PackRequest request) {
  require_paths(request);
  state_ = std::make_unique<State>(std::move(request));
}
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
    if (!state_->is_finished(shard.set) && !state_->has_clips(shard)) shards.push_back(i);
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
    system_files().sync_folder(folder);  // the files are there for good before the receipt is
    write_packed_shard(state_->receipt_of(shard), *packed);
  }
  return true;
}

PackCounts Packer::merge() {
  const std::vector<std::string> sets = state_->plan.sets();
  std::vector<SetResult> results;
  SetResult all;
  for (const std::string& set : sets) {
    results.push_back(state_->result_of(set));
    all.add(results.back());
  }
  state_->write_rejections(sets, all.rejections);
  state_->publish_all(sets, results);
  all.counts.rejected = all.rejections.size();
  return all.counts;
}

}  // namespace understudy
