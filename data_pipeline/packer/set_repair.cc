#include "data_pipeline/packer/set_repair.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/packer/pack_plan.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/set_index.h"
#include "data_pipeline/set_verifier.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScratchFolder = "repairing";

bool is_intact(const fs::path& folder, const FileEntry& entry) {
  return size_problem(folder, entry).empty() && sha256_of_file(folder / entry.file) == entry.sha256;
}

/// A record that the repair itself needs.
void require_record(const fs::path& set, const SetManifest& manifest, std::string_view name) {
  const auto found = std::find_if(
      manifest.records.begin(), manifest.records.end(), [&](const FileEntry& entry) { return entry.file == name; });
  if (found != manifest.records.end() && is_intact(set, *found)) return;
  throw DataError(fmt::format(
      "{}: {}, without which nothing can be repaired; restore it, or pack the set again",
      (set / name).string(),
      found == manifest.records.end() ? "the set has none: it was not made by `understudy pack`" : "is damaged"));
}

class Repair {
 public:
  Repair(const fs::path& set, PackRequest request)
      : set_(find_manifest(set).parent_path()), request_(std::move(request)) {
    manifest_ = read_set_manifest(set_ / kSetManifestName);
    require_record(set_, manifest_, kSettingsName);
    require_record(set_, manifest_, kPlanName);
    request_.settings = read_settings(read_file(set_ / kSettingsName), (set_ / kSettingsName).string());
    plan_ = read_plan(set_ / kPlanName);
  }

  RepairReport run(const PackWatch& watch) {
    for (const ShardEntry& shard : manifest_.shards) repair_shard(shard, watch);
    fs::remove_all(set_ / kScratchFolder);
    if (!is_intact(set_, manifest_.index)) repair_index();
    system_files().sync_folder(set_);
    for (const std::string& problem : verify_set(set_, static_cast<int>(request_.threads))) {
      report_.remaining.push_back(problem);
    }
    return std::move(report_);
  }

 private:
  /// The files of a shard that are not as the manifest says.
  std::vector<FileEntry> damaged_files(const ShardEntry& shard) const {
    std::vector<FileEntry> files{shard.file};
    for (const AnnotationEntry& entry : manifest_.annotations) {
      if (entry.shard == shard.number) files.push_back(entry.file);
    }
    std::erase_if(files, [&](const FileEntry& entry) { return is_intact(set_, entry); });
    return files;
  }

  void repair_shard(const ShardEntry& shard, const PackWatch& watch) {
    const std::vector<FileEntry> damaged = damaged_files(shard);
    if (damaged.empty()) return;
    const auto planned = std::find_if(
        plan_.shards.begin(), plan_.shards.end(), [&](const PlannedShard& p) { return p.number == shard.number; });
    if (planned == plan_.shards.end()) throw DataError(fmt::format("{}: is not in the plan", shard.file.file));
    if (!input_) input_ = std::make_unique<RequestedInput>(request_);
    const fs::path scratch = set_ / kScratchFolder;
    fs::create_directories(scratch);
    PackCounts counts;
    const SetOptions options = set_options(request_.settings);
    if (!pack_shard(input_->clips(), *planned, scratch, options, request_.threads, watch, counts)) return;
    for (const FileEntry& entry : damaged) replace(scratch, entry);
  }

  void replace(const fs::path& scratch, const FileEntry& entry) {
    if (!fs::exists(scratch / entry.file)) {
      report_.remaining.push_back(why_not_made(entry));
    } else if (!is_intact(scratch, entry)) {
      report_.remaining.push_back(
          fmt::format("{}: comes out different from what the manifest says: the input, its annotations or this program "
                      "changed since; restore the file, or pack the set again",
                      (set_ / entry.file).string()));
    } else {
      fs::rename(scratch / entry.file, set_ / entry.file);
      report_.repaired.push_back(entry.file);
    }
  }

  std::string why_not_made(const FileEntry& entry) const {
    const std::string path = (set_ / entry.file).string();
    const bool frames = std::any_of(manifest_.shards.begin(), manifest_.shards.end(), [&](const ShardEntry& shard) {
      return shard.file.file == entry.file;
    });
    if (frames)
      return fmt::format(
          "{}: no clip of it is in {}; give --videos as when the set was packed", path, request_.input.string());
    return fmt::format(
        "{}: its input was not given; give --landmarks, --masks and the others as when the set was "
        "packed, or write it again with `understudy annotate --replace` if it was added later",
        path);
  }

  void repair_index() {
    const fs::path partial = set_ / partial_name(kIndexName);
    std::vector<ShardReceipt> receipts;
    for (const ShardEntry& shard : manifest_.shards) {
      if (!is_intact(set_, shard.file)) return;
      receipts.push_back(receipt_of_shard(set_, shard));
    }
    write_index(partial, index_of(receipts));
    if (sha256_of_file(partial) == manifest_.index.sha256) {
      fs::rename(partial, set_ / kIndexName);
      report_.repaired.emplace_back(kIndexName);
    }
    fs::remove(partial);
  }

  fs::path set_;
  PackRequest request_;
  SetManifest manifest_;
  PackPlan plan_;
  std::unique_ptr<RequestedInput> input_;
  RepairReport report_;
};

}  // namespace

RepairReport repair_set(const std::filesystem::path& set, PackRequest request, const PackWatch& watch) {
  return Repair(set, std::move(request)).run(watch);
}

}  // namespace understudy
