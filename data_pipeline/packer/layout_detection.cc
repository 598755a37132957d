#include "data_pipeline/packer/layout_detection.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/packer/folder_entries.h"
#include "data_pipeline/set_format.h"

namespace understudy {
namespace {

constexpr int kDeepest = 5;  // split, wrapper, identity, video, clip

bool begins_like_hdf5(const std::filesystem::path& path) {
  std::array<char, 8> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  return std::string_view(start.data(), start.size()) == "\x89HDF\r\n\x1A\n";
}

/// The layout that the first telling entry has, in order of names and depth first.
std::optional<InputLayout> layout_below(const std::filesystem::path& folder, int depth) {
  const std::vector<FolderEntry> entries = folder_entries(folder);
  for (const FolderEntry& entry : entries) {
    if (entry.name.find('#') != std::string::npos && (entry.is_folder || is_video_name(entry.name))) {
      return InputLayout::kNamedClips;
    }
    if (!entry.is_folder && depth >= 2 && is_video_name(entry.name)) return InputLayout::kVoxceleb2;
    if (!entry.is_folder && depth >= 2 && is_picture_name(entry.name)) return InputLayout::kFrameFolders;
  }
  if (depth == kDeepest) return std::nullopt;
  for (const FolderEntry& entry : entries) {
    if (!entry.is_folder) continue;
    if (const std::optional<InputLayout> found = layout_below(entry.path, depth + 1)) return found;
  }
  return std::nullopt;
}

bool holds_hdf5(const std::filesystem::path& folder) {
  const std::vector<FolderEntry> entries = folder_entries(folder);
  return std::any_of(entries.begin(), entries.end(), [](const FolderEntry& entry) {
    return !entry.is_folder && is_hdf5_name(entry.name);
  });
}

}  // namespace

InputLayout detect_layout(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    throw DataError(fmt::format("{}: there is no such file or folder", path.string()));
  }
  if (std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(path / kSetManifestName)) {
      throw DataError(
          fmt::format("{}: is a packed set already; name the folder that it was packed from", path.string()));
    }
    if (const std::optional<InputLayout> found = layout_below(path, 0)) return *found;
    if (holds_hdf5(path)) return InputLayout::kHdf5;
  } else if (begins_like_hdf5(path) || is_hdf5_name(path)) {
    return InputLayout::kHdf5;
  }
  throw DataError(fmt::format(
      "{}: has none of the layouts that can be packed:\n"
      "  [train/]identity#video#start#end.mp4, or a folder of frames of that name (FSRT, FOMM, video-preprocessing)\n"
      "  [dev/][mp4/]identity/video/clip.mp4 (VoxCeleb2)\n"
      "  [img/]identity/video/frame.jpg (Latent Pose Descriptors)\n"
      "  an HDF5 file, or a folder of .h5 files, with a mapping",
      path.string()));
}

}  // namespace understudy
