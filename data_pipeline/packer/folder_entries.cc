#include "data_pipeline/packer/folder_entries.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::array<std::string_view, 14> kVideos{
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".gif", ".mpg", ".mpeg", ".ts", ".flv", ".wmv", ".ogv", ".3gp"};
constexpr std::array<std::string_view, 3> kPictures{".png", ".jpg", ".jpeg"};
constexpr std::array<std::string_view, 3> kHdf5{".h5", ".hdf5", ".hdf"};
constexpr std::array<std::string_view, 18> kAuxiliary{".npy",
                                                      ".npz",
                                                      ".csv",
                                                      ".tsv",
                                                      ".txt",
                                                      ".json",
                                                      ".md",
                                                      ".toml",
                                                      ".yaml",
                                                      ".yml",
                                                      ".log",
                                                      ".pkl",
                                                      ".pt",
                                                      ".pth",
                                                      ".wav",
                                                      ".m4a",
                                                      ".mat",
                                                      ".sha256"};

template <std::size_t kCount>
bool has_extension(const std::filesystem::path& name, const std::array<std::string_view, kCount>& extensions) {
  std::string extension = name.extension().string();
  std::transform(
      extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

}  // namespace

std::vector<FolderEntry> folder_entries(const std::filesystem::path& folder) {
  std::vector<FolderEntry> entries;
  std::error_code failure;
  std::filesystem::directory_iterator entry(folder, failure);
  for (const std::filesystem::directory_iterator end; !failure && entry != end; entry.increment(failure)) {
    std::string name = entry->path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code dangling;  // a link to nothing is a file that cannot be read
    entries.push_back({entry->path(), std::move(name), entry->is_directory(dangling)});
  }
  if (failure) throw DataError(fmt::format("{}: cannot list the folder: {}", folder.string(), failure.message()));
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

bool is_video_name(const std::filesystem::path& name) {
  return has_extension(name, kVideos);
}
bool is_picture_name(const std::filesystem::path& name) {
  return has_extension(name, kPictures);
}
bool is_hdf5_name(const std::filesystem::path& name) {
  return has_extension(name, kHdf5);
}
bool is_auxiliary_name(const std::filesystem::path& name) {
  return has_extension(name, kAuxiliary);
}

std::string clip_stem(const std::filesystem::path& name) {
  return is_video_name(name) ? name.stem().string() : name.string();
}

}  // namespace understudy
