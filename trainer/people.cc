#include "trainer/people.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "common/log.h"
#include "common/problems.h"
#include "data_pipeline/data_set.h"
#include "data_pipeline/packer/packer.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

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
    places.push_back({request.packed / fs::absolute(folder).lexically_normal().filename(), folder, masks});
    ++folders;
  }
  return places;
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
    if (!fs::is_directory(place.pictures)) {
      problems.add(
          fmt::format("--person {}: there is no such data set or folder of pictures", place.pictures.string()));
    } else if (!fs::is_directory(place.masks)) {
      problems.add(fmt::format("--person {}: there is no folder of masks {}; name it with --masks",
                               place.pictures.string(),
                               place.masks.string()));
    }
  }
  if (!request.masks.empty() && request.masks.size() != folders)
    problems.add(fmt::format(
        "--masks: {} for {} folders of pictures; give each its own, in their order", request.masks.size(), folders));
  problems.raise_if_any("finetune");
}

/// The layout that the packer knows: identity/video/frame.jpg.
fs::path linked(const fs::path& root, const std::string& person, const fs::path& folder) {
  const fs::path video = root / person / "pictures";
  fs::create_directories(video.parent_path());
  fs::remove(video);
  fs::create_directory_symlink(fs::absolute(folder), video);
  return root;
}

bool pack_place(const Place& place, const PackWatch& watch) {
  if (fs::exists(place.set / "set.toml")) {
    spdlog::info("{}: packed earlier; remove it after changing pictures", place.set.string());
    return true;
  }
  const fs::path links = place.set.parent_path() / (place.name() + ".links");
  PackRequest request{.input = linked(links / "pictures", place.name(), place.pictures),
                      .layout = InputLayout::kFrameFolders};
  request.annotations.masks = linked(links / "masks", place.name(), place.masks);
  request.out = place.set;
  request.settings.source = "pictures of one person";
  request.settings.frames.min_frames = 1;
  Packer packer(request);
  packer.plan();
  if (!packer.work(packer.pending(), watch)) return false;
  packer.merge();
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
