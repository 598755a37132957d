#include "checkpoints/incarnation.h"

#include <algorithm>
#include <charconv>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "common/errors.h"

namespace understudy {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& run) {
  return run / "incarnations";
}

std::optional<std::uint64_t> number_of(const std::string& name) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number == 0) return std::nullopt;
  return number;
}

/// An empty file under a name of its own.
std::filesystem::path make_claim(const FileSystem& files, const std::filesystem::path& run) {
  for (int number = 0;; ++number) {
    std::filesystem::path name = folder_of(run) / fmt::format(".claim-{}", number);
    if (files.create_new(name)) return name;
  }
}

/// Links `claim` to the first free number.
std::uint64_t link_to_next(const FileSystem& files,
                           const std::filesystem::path& run,
                           const std::filesystem::path& claim) {
  for (std::uint64_t number = newest_incarnation(run) + 1;; ++number) {
    if (files.link(claim, incarnation_file(run, number))) return number;
  }
}

bool lists(const std::filesystem::path& file, std::int64_t iteration) {
  try {
    const auto checkpoints = nlohmann::json::parse(read_file(file)).at("checkpoints").get<std::set<std::int64_t>>();
    return checkpoints.contains(iteration);
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(fmt::format(
        "{}: is damaged ({}); remove it when no other start of the run is alive", file.string(), error.what()));
  }
}

}  // namespace

std::uint64_t take_incarnation(const std::filesystem::path& run,
                               const std::set<std::int64_t>& checkpoints,
                               const FileSystem& files) {
  make_folders(files, folder_of(run));
  const std::filesystem::path claim = make_claim(files, run);
  write_file_atomically(claim, nlohmann::json{{"checkpoints", checkpoints}}.dump() + "\n", files);
  const std::uint64_t number = link_to_next(files, run, claim);
  files.remove(claim);
  files.sync_folder(folder_of(run));
  return number;
}

std::filesystem::path incarnation_file(const std::filesystem::path& run, std::uint64_t number) {
  return folder_of(run) / fmt::format("{:06}", number);
}

std::uint64_t newest_incarnation(const std::filesystem::path& run) {
  std::uint64_t newest = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(run), error)) {
    newest = std::max(newest, number_of(entry.path().filename().string()).value_or(0));
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw FileError(fmt::format("{}: cannot list: {}", folder_of(run).string(), error.message()));
  }
  return newest;
}

void require_newest_incarnation(const std::filesystem::path& run, std::uint64_t incarnation) {
  const std::uint64_t newest = newest_incarnation(run);
  if (newest > incarnation) {
    throw SupersededError(fmt::format(
        "{}: a later start {} owns this run, this is start {}; it stops without writing. Two jobs were given "
        "the same run directory, or this node was cut off while the run was restarted",
        run.string(),
        newest,
        incarnation));
  }
}

std::optional<std::uint64_t> superseded_by(const std::filesystem::path& run,
                                           std::int64_t iteration,
                                           std::uint64_t incarnation) {
  const std::uint64_t newest = newest_incarnation(run);
  for (std::uint64_t number = incarnation + 1; number <= newest; ++number) {
    if (std::filesystem::exists(incarnation_file(run, number)) && !lists(incarnation_file(run, number), iteration))
      return number;
  }
  return std::nullopt;
}

}  // namespace understudy
