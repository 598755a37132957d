#include "checkpoints/retention.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

fs::path best_folder(const CheckpointStore& store, std::string_view metric) {
  if (metric.empty() || metric.front() == '.' || metric.find('/') != std::string_view::npos) {
    throw ConfigError(
        fmt::format("best checkpoints by \"{}\": a measure's name becomes a folder, so it cannot be empty, begin with "
                    "a dot or hold a slash",
                    metric));
  }
  return store.run() / "best" / metric;
}

/// Replaces the link in one step, so that there is the old target or the new one at every moment.
void point(const FileSystem& files, const fs::path& link, const fs::path& target) {
  const fs::path temporary = link.parent_path() / fmt::format(".{}.new", link.filename().string());
  files.remove(temporary);
  files.symlink(target, temporary);
  files.rename(temporary, link);
}

void remove_links_beyond(const FileSystem& files, const fs::path& folder, std::size_t count) {
  std::set<std::string> wanted;
  for (std::size_t place = 1; place <= count; ++place) wanted.insert(std::to_string(place));
  std::vector<fs::path> links;
  for (const auto& entry : fs::directory_iterator(folder)) links.push_back(entry.path());
  for (const fs::path& link : links) {
    if (!wanted.contains(link.filename().string())) files.remove(link);
  }
}

/// Links the best that exist.
void link_best(const CheckpointStore& store, const BestCheckpoints& best, const std::set<std::int64_t>& existing) {
  const fs::path folder = best_folder(store, best.metric);
  const FileSystem& files = store.files();
  make_folders(files, folder);
  std::size_t linked = 0;
  for (const std::int64_t iteration : best.iterations) {
    if (!existing.contains(iteration)) continue;
    ++linked;
    point(files, folder / std::to_string(linked), fs::path("../../checkpoints") / checkpoint_name(iteration));
  }
  remove_links_beyond(files, folder, linked);
  files.sync_folder(folder);  // before a checkpoint goes that a link pointed at
}

/// The newest, back to where there are enough that are sound.
std::set<std::int64_t> newest_of(const std::vector<std::int64_t>& iterations, const RetentionPolicy& policy) {
  std::set<std::int64_t> newest;
  std::int64_t sound = 0;
  for (auto iteration = iterations.rbegin(); iteration != iterations.rend() && sound < policy.keep_newest;
       ++iteration) {
    newest.insert(*iteration);
    if (!policy.damaged.contains(*iteration)) ++sound;
  }
  return newest;
}

}  // namespace

std::vector<std::int64_t> apply_retention(const CheckpointStore& store,
                                          const RetentionPolicy& policy,
                                          std::uint64_t incarnation) {
  if (policy.keep_newest < 1 || policy.keep_every < 0) {
    throw ConfigError(fmt::format(
        "keep_newest = {} and keep_every = {}: at least 1 and 0 are needed", policy.keep_newest, policy.keep_every));
  }
  store.require_newest(incarnation);
  const std::vector<std::int64_t> iterations = store.list();
  const std::set<std::int64_t> existing(iterations.begin(), iterations.end());
  for (const BestCheckpoints& best : policy.best) link_best(store, best, existing);
  std::vector<std::int64_t> unwanted = unwanted_checkpoints(store, policy);
  for (const std::int64_t iteration : unwanted) store.remove(iteration, incarnation);
  return unwanted;
}

std::vector<std::int64_t> unwanted_checkpoints(const CheckpointStore& store, const RetentionPolicy& policy) {
  const std::vector<std::int64_t> iterations = store.list();
  std::set<std::int64_t> kept = newest_of(iterations, policy);
  for (const BestCheckpoints& best : policy.best) kept.insert(best.iterations.begin(), best.iterations.end());
  std::vector<std::int64_t> unwanted;
  for (const std::int64_t iteration : iterations) {
    if (kept.contains(iteration) || (policy.keep_every > 0 && iteration % policy.keep_every == 0)) continue;
    if (newer_version_of(store.folder_of(iteration))) continue;  // not for this program to judge
    unwanted.push_back(iteration);
  }
  return unwanted;
}

std::optional<std::int64_t> best_iteration(const CheckpointStore& store, std::string_view metric) {
  std::error_code error;
  const fs::path target = fs::read_symlink(best_folder(store, metric) / "1", error);
  if (error) return std::nullopt;
  const std::string name = target.filename().string();
  std::int64_t iteration = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), iteration);
  if (problem != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return iteration;
}

}  // namespace understudy
