#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "data_pipeline/packer/shard_packing.h"

namespace understudy {

/// Somebody whom networks are tuned to.
struct Person {
  std::string name;
  std::filesystem::path set;  ///< shows them, perhaps beside others
};

/// Name of the folder that holds what belongs to a person: their own, with "_" for "/".
std::string folder_of_person(const std::string& name);

/// Where pictures of people lie: data sets, each of one person or many, and folders of one person's cut pictures.
struct PeopleRequest {
  std::vector<std::filesystem::path> places;
  std::vector<std::filesystem::path> masks;  ///< of the folders, in their order; empty: FOLDER/masks
  std::filesystem::path packed;              ///< where the folders' sets are written
};

/// How many people that will be, without opening a set. @throws ConfigError, DataError  naming every place that is
/// neither a set nor a folder of pictures, lacks masks or has the name of another
std::size_t count_people(const PeopleRequest& request);

/// Packs every folder of pictures that is not packed yet. Called by one process.
/// @return  false when asked to stop. @throws DataError  what is wrong with which picture or mask
bool pack_people(const PeopleRequest& request, const PackWatch& watch);

/// Everybody, in the order of the places. @pre pack_people has returned true
/// @throws DataError  also for two people who would share a folder
std::vector<Person> find_people(const PeopleRequest& request);

}  // namespace understudy
