#include "trainer/people.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/problems.h"
#include "data_pipeline/data_set.h"
#include "data_pipeline/packer/clip_input.h"
#include "data_pipeline/packer/clip_name.h"
#include "data_pipeline/packer/folder_entries.h"
#include "data_pipeline/packer/folder_layouts.h"
#include "data_pipeline/packer/packer.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVideo = "pictures";  // what a person's only video is called

/// A place of a request: a data set, or a folder that becomes one.
struct Place {
  fs::path set;
  fs::path pictures;  ///< empty: `set` was named itself
  fs::path masks;

  std::string name() const { return set.filename().string(); }
};

bool is_set(const fs::path& path) {
  return path.extension() == ".toml" || fs::exists(path / "set.toml");
}

/// Folders are named after people, but "anna/images" shows anna.
std::string person_in(const fs::path& folder) {
  fs::path named = fs::absolute(folder).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();
  while (is_layout_folder(named.filename().string()) && named.has_relative_path()) named = named.parent_path();
  return named.filename().string();
}

std::vector<Place> places_of(const PeopleRequest& request) {
  std::vector<Place> places;
  std::size_t folders = 0;
  for (const fs::path& given : request.places) {
    if (is_set(given)) {
      places.push_back({given, {}, {}});
      continue;
    }
    const fs::path folder = given.has_filename() ? given : given.parent_path();
    const fs::path masks = folders < request.masks.size() ? request.masks[folders] : folder / "masks";
    places.push_back({request.packed / person_in(folder), folder, masks});
    ++folders;
  }
  return places;
}

void require_name(const Place& place, Problems& problems) {
  try {
    join_clip_name(place.name(), kVideo, "000");
  } catch (const ClipRejected& error) {
    problems.add(fmt::format("--person {}: \"{}\" cannot name a person: {}; rename the folder, or name a link to it",
                             place.pictures.string(),
                             place.name(),
                             error.what()));
  }
}

/// What a folder's set was made of: its place, and every picture and mask with size and time of change.
std::string record_of(const Place& place) {
  std::string record;
  for (const fs::path& folder : {place.pictures, place.masks}) {
    record += fs::canonical(folder).string() + "\n";
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_regular_file())
        files.push_back(fmt::format("{} {} {}",
                                    entry.path().filename().string(),
                                    entry.file_size(),
                                    entry.last_write_time().time_since_epoch().count()));
    }
    std::sort(files.begin(), files.end());
    record += sha256_hex(fmt::format("{}", fmt::join(files, "\n"))) + "\n";
  }
  return record;
}

fs::path record_file(const Place& place) {
  return place.set.parent_path() / (place.name() + ".from");
}

/// A set that is there already must be of these pictures as they are.
void require_same_pictures(const Place& place, Problems& problems) {
  if (!fs::exists(place.set / "set.toml") || !fs::exists(record_file(place))) return;
  const std::string before = read_file(record_file(place));
  const std::string now = record_of(place);
  if (before == now) return;
  const std::string source = before.substr(0, before.find('\n'));
  const bool moved = source != now.substr(0, now.find('\n'));
  problems.add(fmt::format("--person {}: {} was packed from {}{}; choose another --out, or remove it and the run of {}",
                           place.pictures.string(),
                           place.set.string(),
                           source,
                           moved ? "" : ", whose pictures or masks have changed since",
                           place.name()));
}

/// Pictures that have no mask of their name are left out; says which.
void warn_of_missing_masks(const Place& place) {
  std::vector<std::string> without;
  for (const auto& entry : fs::directory_iterator(place.pictures)) {
    if (!is_picture_name(entry.path().filename().string())) continue;
    const fs::path stem = entry.path().stem();
    if (!fs::exists(place.masks / (stem.string() + ".png"))) without.push_back(entry.path().filename().string());
  }
  if (without.empty()) return;
  std::sort(without.begin(), without.end());
  const std::size_t count = without.size();
  without.resize(std::min<std::size_t>(count, 5));
  spdlog::warn("{}: {} pictures have no mask in {} and are left out: {}{}",
               place.pictures.string(),
               count,
               place.masks.string(),
               fmt::join(without, ", "),
               count > without.size() ? ", ..." : "");
}

void require_places(const std::vector<Place>& places, const PeopleRequest& request) {
  Problems problems;
  std::set<fs::path> sets;
  std::size_t folders = 0;
  for (const Place& place : places) {
    if (!sets.insert(place.set).second)
      problems.add(fmt::format("--person {}: another place has this name; rename one of the two", place.name()));
    if (place.pictures.empty()) continue;
    ++folders;
    require_name(place, problems);
    if (!fs::is_directory(place.pictures)) {
      problems.add(
          fmt::format("--person {}: there is no such data set or folder of pictures", place.pictures.string()));
    } else if (!fs::is_directory(place.masks)) {
      problems.add(fmt::format("--person {}: there is no folder of masks {}; name it with --masks",
                               place.pictures.string(),
                               place.masks.string()));
    } else {
      require_same_pictures(place, problems);
    }
  }
  if (!request.masks.empty() && request.masks.size() != folders)
    problems.add(fmt::format(
        "--masks: {} for {} folders of pictures; give each its own, in their order", request.masks.size(), folders));
  problems.raise_if_any("finetune");
}

/// The layout that the packer knows: identity/video/frame.jpg.
fs::path linked(const fs::path& root, const std::string& person, const fs::path& folder) {
  const fs::path video = root / person / kVideo;
  fs::create_directories(video.parent_path());
  fs::remove(video);
  fs::create_directory_symlink(fs::absolute(folder), video);
  return root;
}

bool pack_place(const Place& place, const PackWatch& watch) {
  if (fs::exists(place.set / "set.toml")) {
    spdlog::info("{}: packed earlier", place.set.string());
    return true;
  }
  warn_of_missing_masks(place);
  const fs::path links = place.set.parent_path() / (place.name() + ".links");
  PackRequest request{.input = linked(links / "pictures", place.name(), place.pictures),
                      .layout = InputLayout::kFrameFolders};
  request.annotations.masks = linked(links / "masks", place.name(), place.masks);
  request.out = place.set;
  request.settings.source = "pictures of one person";
  request.settings.frames.min_frames = 1;
  const std::string record = record_of(place);
  try {
    Packer packer(request);
    packer.plan();
    if (!packer.work(packer.pending(), watch)) return false;
    packer.merge();
  } catch (const DataError& error) {
    throw DataError(fmt::format("--person {} with masks {} (called {}/{} below): {}",
                                place.pictures.string(),
                                place.masks.string(),
                                place.name(),
                                kVideo,
                                error.what()));
  }
  write_file_atomically(record_file(place), record);
  fs::remove_all(links);
  return true;
}

}  // namespace

std::size_t count_people(const PeopleRequest& request) {
  const std::vector<Place> places = places_of(request);
  require_places(places, request);
  return std::accumulate(places.begin(), places.end(), std::size_t{0}, [](std::size_t sum, const Place& place) {
    return sum + (place.pictures.empty() ? read_set_manifest(find_manifest(place.set)).identities : 1);
  });
}

bool pack_people(const PeopleRequest& request, const PackWatch& watch) {
  for (const Place& place : places_of(request)) {
    if (!place.pictures.empty() && !pack_place(place, watch)) return false;
  }
  return true;
}

std::string folder_of_person(const std::string& name) {
  std::string folder = name;
  std::replace(folder.begin(), folder.end(), '/', '_');
  return folder;
}

std::vector<Person> find_people(const PeopleRequest& request) {
  std::vector<Person> people;
  std::set<std::string> folders;
  Problems problems;
  for (const Place& place : places_of(request)) {
    const DataSet set = DataSet::open(place.set);
    for (const IdentityEntry& identity : set.identities()) {
      const std::string folder = folder_of_person(identity.name);
      if (!folders.insert(folder).second)
        problems.add(fmt::format("--person {}: {} would share the folder {} with somebody else; rename one of them",
                                 place.set.string(),
                                 identity.name,
                                 folder));
      if (fs::absolute(request.packed).filename() == folder)
        problems.add(fmt::format("--person {}: {} is the name of the folder for packed pictures; rename the person",
                                 place.set.string(),
                                 identity.name));
      people.push_back({identity.name, place.set});
    }
  }
  problems.raise_if_any("finetune");
  return people;
}

}  // namespace understudy
