#include "checkpoints/store.h"

#include <algorithm>
#include <charconv>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checkpoints/incarnation.h"
#include "checkpoints/part_plan.h"
#include "checkpoints/safetensors.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/log.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryPrefix = ".tmp-";
constexpr std::string_view kReplacedPrefix = ".old-";
constexpr std::string_view kRemovedPrefix = ".removed-";

fs::path checkpoints_of(const fs::path& run) {
  return run / "checkpoints";
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

/// Puts the new folder into the place of the old one, which ends under the new one's temporary name where the file
/// system can swap them in one step (not on NFS). Otherwise for a moment neither has the final name, and
/// take_incarnation restores the old one if the program ends just then.
void replace_folder(const FileSystem& files,
                    const fs::path& temporary,
                    const fs::path& final_name,
                    const fs::path& replaced) {
  files.sync_folder(temporary);
  if (!files.exchange(temporary, final_name)) {
    files.rename(final_name, replaced);
    files.rename(temporary, final_name);
  }
  files.sync_folder(final_name.parent_path());
}

/// What is no part of any checkpoint; the next start tries again.
void remove_folder(const FileSystem& files, const fs::path& folder) {
  try {
    remove_tree(files, folder);
  } catch (const FileError& error) {
    spdlog::warn("{}", error.what());
  }
}

/// A folder with a special name, as a writer that was killed leaves it behind.
struct Leftover {
  fs::path path;
  std::string_view prefix;
  std::int64_t iteration;
  std::uint64_t incarnation;
};

std::optional<Leftover> leftover_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  for (const std::string_view prefix : {kTemporaryPrefix, kReplacedPrefix, kRemovedPrefix}) {
    const std::size_t dash = name.rfind('-');
    if (!name.starts_with(prefix) || dash <= prefix.size()) continue;
    const auto iteration = number_in(std::string_view(name).substr(prefix.size(), dash - prefix.size()));
    const auto incarnation = number_in(std::string_view(name).substr(dash + 1));
    if (iteration && incarnation) return Leftover{folder, prefix, *iteration, static_cast<std::uint64_t>(*incarnation)};
  }
  return std::nullopt;
}

std::vector<Leftover> leftovers_of(const fs::path& run) {
  std::vector<Leftover> leftovers;
  for (const auto& entry : fs::directory_iterator(checkpoints_of(run))) {
    if (const auto leftover = leftover_of(entry.path())) leftovers.push_back(*leftover);
  }
  return leftovers;
}

/// Gives a checkpoint its name back that was lost in the middle of being replaced.
void restore_replaced(const FileSystem& files, const fs::path& run) {
  for (const Leftover& leftover : leftovers_of(run)) {
    const fs::path final_name = checkpoints_of(run) / checkpoint_name(leftover.iteration);
    if (leftover.prefix == kReplacedPrefix && !fs::exists(final_name)) files.rename(leftover.path, final_name);
  }
}

void remove_leftovers(const FileSystem& files, const fs::path& run, std::uint64_t own_incarnation) {
  for (const Leftover& leftover : leftovers_of(run)) {
    if (leftover.incarnation < own_incarnation) remove_folder(files, leftover.path);
  }
}

fs::path special_folder(const fs::path& run,
                        std::string_view prefix,
                        std::int64_t iteration,
                        std::uint64_t incarnation) {
  return checkpoints_of(run) / fmt::format("{}{:09}-{}", prefix, iteration, incarnation);
}

/// Of a publication by a start that a later one had replaced by then, the reason; else nothing.
std::optional<std::string> late_publication(const fs::path& run, const fs::path& folder) {
  const Manifest manifest = read_manifest(folder);
  const auto number = superseded_by(run, manifest.iteration, manifest.incarnation);
  if (!number) return std::nullopt;
  return fmt::format("{}: was published by start {} after start {} had taken over, or could not be read by that one",
                     folder.string(),
                     manifest.incarnation,
                     *number);
}

}  // namespace

std::string checkpoint_name(std::int64_t iteration) {
  return fmt::format("{:09}", iteration);
}

CheckpointFolder::CheckpointFolder(fs::path folder, const FileSystem& files)
    : files_(&files), folder_(std::move(folder)) {
  make_folders(files, folder_);
}

PartInfo CheckpointFolder::write_tensors(std::string_view name, const NamedTensors& tensors) const {
  const PartInfo info = write_safetensors_part(folder_, std::string(name), tensors, {}, *files_);
  require_safetensors(folder_ / name, tensors);
  return info;
}

PartInfo CheckpointFolder::write_text(std::string_view name, std::string_view text) const {
  const PartInfo info = write_part(folder_, std::string(name), text, *files_);
  ReadBack again(folder_ / name);
  again.expect(std::as_bytes(std::span(text)));
  again.expect_end();
  return info;
}

PendingCheckpoint::PendingCheckpoint(fs::path run,
                                     std::int64_t iteration,
                                     std::uint64_t incarnation,
                                     const FileSystem& files)
    : CheckpointFolder(special_folder(run, kTemporaryPrefix, iteration, incarnation), files),
      run_(std::move(run)),
      iteration_(iteration),
      incarnation_(incarnation) {}

PendingCheckpoint::~PendingCheckpoint() {
  remove_folder(files(), folder());
}

void PendingCheckpoint::publish(Manifest manifest) {
  require_newest_incarnation(run_, incarnation_);
  manifest.iteration = iteration_;
  manifest.incarnation = incarnation_;
  for (const PartInfo& part : manifest.parts) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(folder() / part.name, error);
    if (error || size != part.size) {
      throw CheckpointError(fmt::format(
          "{}: the rank that wrote it states {} bytes, but {} are there; do all ranks share this file system?",
          (folder() / part.name).string(),
          part.size,
          error ? 0 : size));
    }
  }
  write_text(kManifestName, write_manifest(manifest));
  const fs::path final_name = checkpoints_of(run_) / checkpoint_name(iteration_);
  require_newest_incarnation(run_, incarnation_);
  if (!fs::exists(final_name)) {
    publish_folder(folder(), final_name, files());
  } else {
    const fs::path replaced = special_folder(run_, kReplacedPrefix, iteration_, incarnation_);
    replace_folder(files(), folder(), final_name, replaced);
    remove_folder(files(), replaced);
  }
}

LoadedCheckpoint::LoadedCheckpoint(fs::path folder, Manifest manifest)
    : folder_(std::move(folder)), manifest_(std::move(manifest)) {}

fs::path LoadedCheckpoint::part_path(std::string_view part) const {
  if (manifest_.find_part(part) == nullptr)
    throw CheckpointError(fmt::format("{}: has no part \"{}\"", folder_.string(), part));
  return folder_ / part;
}

NamedTensors LoadedCheckpoint::tensors(std::string_view part) const {
  std::vector<std::string> names;
  for (const PartInfo& info : manifest_.parts) {
    if (is_part_of(info.name, part)) names.push_back(info.name);
  }
  if (names.empty()) throw CheckpointError(fmt::format("{}: has no part \"{}\"", folder_.string(), part));
  if (names != part_names(part, names.size()))
    throw CheckpointError(fmt::format("{}: of \"{}\" it has only {}", folder_.string(), part, fmt::join(names, ", ")));
  NamedTensors tensors;
  for (const std::string& name : names) {
    for (NamedTensor& named : SafetensorsFile::open(part_path(name)).all()) tensors.push_back(std::move(named));
  }
  return tensors;
}

std::string LoadedCheckpoint::text(std::string_view part) const {
  return read_file(part_path(part));
}

std::uint64_t CheckpointStore::take_incarnation(const std::set<std::int64_t>& passed_over) const {
  make_folders(*files_, checkpoints_of(run_));
  restore_replaced(*files_, run_);
  std::set<std::int64_t> counted;
  for (const std::int64_t iteration : list()) {
    if (passed_over.contains(iteration)) continue;
    try {
      if (!late_publication(run_, folder_of(iteration))) counted.insert(iteration);
    } catch (const NewerVersionError&) {
      counted.insert(iteration);  // its program must find it listed
    } catch (const CheckpointError&) {
      // Without a readable manifest it is damaged, which newest_intact reports.
    }
  }
  const std::uint64_t incarnation = understudy::take_incarnation(run_, counted, *files_);
  remove_leftovers(*files_, run_, incarnation);
  return incarnation;
}

void CheckpointStore::require_newest(std::uint64_t incarnation) const {
  require_newest_incarnation(run_, incarnation);
}

std::unique_ptr<PendingCheckpoint> CheckpointStore::begin(std::int64_t iteration, std::uint64_t incarnation) const {
  require_newest(incarnation);
  return std::make_unique<PendingCheckpoint>(run_, iteration, incarnation, *files_);
}

CheckpointFolder CheckpointStore::join(std::int64_t iteration, std::uint64_t incarnation) const {
  require_newest(incarnation);
  return {special_folder(run_, kTemporaryPrefix, iteration, incarnation), *files_};
}

std::vector<std::int64_t> CheckpointStore::list() const {
  std::vector<std::int64_t> iterations;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(checkpoints_of(run_), error)) {
    const auto iteration = number_in(entry.path().filename().string());
    if (iteration && entry.is_directory()) iterations.push_back(*iteration);
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw FileError(fmt::format("{}: cannot list: {}", checkpoints_of(run_).string(), error.message()));
  }
  std::sort(iterations.begin(), iterations.end());
  return iterations;
}

std::vector<std::string> CheckpointStore::problems_of(std::int64_t iteration, Verification of) const {
  const fs::path folder = folder_of(iteration);
  std::vector<std::string> problems = verify_checkpoint(folder, of);
  if (!problems.empty()) return problems;
  if (const std::int64_t stated = read_manifest(folder).iteration; stated != iteration) {
    problems.push_back(fmt::format("{}: its manifest is of iteration {}", folder.string(), stated));
  }
  if (const auto late = late_publication(run_, folder)) problems.push_back(*late);
  return problems;
}

std::optional<LoadedCheckpoint> CheckpointStore::newest_intact() const {
  const std::vector<std::int64_t> iterations = list();
  for (auto iteration = iterations.rbegin(); iteration != iterations.rend(); ++iteration) {
    const std::vector<std::string> problems = problems_of(*iteration, Verification::kLoading);
    if (problems.empty()) return LoadedCheckpoint(folder_of(*iteration), read_manifest(folder_of(*iteration)));
    if (const auto newer = newer_version_of(folder_of(*iteration))) throw NewerVersionError(*newer);
    for (const std::string& problem : problems)
      spdlog::warn("checkpoint of iteration {} is passed over: {}", *iteration, problem);
  }
  return std::nullopt;
}

LoadedCheckpoint CheckpointStore::open(std::int64_t iteration) const {
  const std::vector<std::string> problems = problems_of(iteration, Verification::kLoading);
  if (!problems.empty()) throw CheckpointError(fmt::format("{}", fmt::join(problems, "\n")));
  return {folder_of(iteration), read_manifest(folder_of(iteration))};
}

fs::path CheckpointStore::folder_of(std::int64_t iteration) const {
  return checkpoints_of(run_) / checkpoint_name(iteration);
}

void CheckpointStore::remove(std::int64_t iteration, std::uint64_t incarnation) const {
  const fs::path away = special_folder(run_, kRemovedPrefix, iteration, incarnation);
  files_->rename(folder_of(iteration), away);
  remove_folder(*files_, away);
}

}  // namespace understudy
