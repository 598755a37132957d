#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace understudy {

/// A file or folder of a folder; links count as what they lead to.
struct FolderEntry {
  std::filesystem::path path;
  std::string name;
  bool is_folder = false;
};

/// What lies directly in a folder, sorted by name, without hidden files. @throws DataError
std::vector<FolderEntry> folder_entries(const std::filesystem::path& folder);

/// Told by the extension, in any case.
bool is_video_name(const std::filesystem::path& name);
bool is_picture_name(const std::filesystem::path& name);
bool is_hdf5_name(const std::filesystem::path& name);
/// Files that lie beside clips and are none: tables, texts, arrays, sound.
bool is_auxiliary_name(const std::filesystem::path& name);

/// A name without the extension of a video, if it has one: names may hold dots.
std::string clip_stem(const std::filesystem::path& name);

}  // namespace understudy
