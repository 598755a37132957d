#include "data_pipeline/annotate/file_set_annotator.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/packer/annotation_paths.h"
#include "data_pipeline/packer/folder_entries.h"
#include "data_pipeline/picture_folder.h"

namespace understudy {
namespace {

AnnotationFolders folders_of(const AnnotationFileOptions& options) {
  AnnotationFolders folders;
  folders.landmark_size = options.landmark_size;
  folders.mask_codec = options.mask_codec;
  switch (options.kind) {
    case AnnotationKind::kLandmark68:
      folders.landmarks = options.folder;
      return folders;
    case AnnotationKind::kMask:
      folders.masks = options.folder;
      return folders;
    case AnnotationKind::kBox:
      folders.boxes = options.folder;
      return folders;
    case AnnotationKind::kFlame:
      folders.flame = options.folder;
      return folders;
    case AnnotationKind::kPoseAu:
      folders.openface = options.folder;
      return folders;
    case AnnotationKind::kSynthetic:
    case AnnotationKind::kKeypoint10:
      break;
  }
  throw DataError(fmt::format("annotations of kind {} are not read from files", annotation_kind_name(options.kind)));
}

/// True when anything in the folder may belong to a clip of that path.
bool knows(const std::filesystem::path& folder, const std::string& source) {
  for (const std::string_view extension : {".npy", ".csv", ".npz"}) {
    if (find_annotation_file(folder, source, extension)) return true;
  }
  return find_annotation_folder(folder, source).has_value();
}

std::string source_of(const std::filesystem::path& folder, const std::vector<std::string>& candidates) {
  const auto known = std::find_if(
      candidates.begin(), candidates.end(), [&](const std::string& source) { return knows(folder, source); });
  return known == candidates.end() ? candidates.front() : *known;
}

/// Names of the files of single frames, without extension, in natural order.
std::vector<std::string> names_in(const std::filesystem::path& folder, AnnotationKind kind) {
  using std::string_view_literals::operator""sv;
  constexpr std::array kMaskEndings{".png.npy"sv, ".png"sv};
  constexpr std::array kPointEndings{".npy"sv};
  const std::span<const std::string_view> endings =
      kind == AnnotationKind::kMask ? std::span<const std::string_view>(kMaskEndings) : kPointEndings;
  std::vector<std::string> names;
  for (const FolderEntry& entry : folder_entries(folder)) {
    const auto has = [&](std::string_view ending) { return entry.name.ends_with(ending); };
    const auto ending = std::find_if(endings.begin(), endings.end(), has);
    if (!entry.is_folder && ending != endings.end()) {
      names.push_back(entry.name.substr(0, entry.name.size() - ending->size()));
    }
  }
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

std::optional<std::uint32_t> number_of(const std::string& name) {
  std::uint32_t number = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

/// Of each frame the name that is its number, with however many zeros; a name that no file has where there is none.
std::vector<std::string> numbered(const std::vector<std::string>& names, const std::vector<std::uint32_t>& numbers) {
  std::map<std::uint32_t, std::string> by_number;
  for (const std::string& name : names) {
    if (const auto number = number_of(name)) by_number.emplace(*number, name);
  }
  std::vector<std::string> found;
  for (const std::uint32_t number : numbers) {
    const auto name = by_number.find(number);
    found.push_back(name == by_number.end() ? std::to_string(number) : name->second);
  }
  return found;
}

/// Names of the stored frames as their files in the clip's own folder have them; empty where files a frame are not
/// told by name.
std::vector<std::string> frame_names(const std::filesystem::path& folder,
                                     AnnotationKind kind,
                                     const std::string& source,
                                     const ClipFrames& frames) {
  if (kind != AnnotationKind::kLandmark68 && kind != AnnotationKind::kMask) return {};
  const auto own = find_annotation_folder(folder, source);
  if (!own) return {};
  const std::vector<std::string> names = names_in(*own, kind);
  // Only the names of picture files give numbers that are not just 0, 1, 2, ...
  if (frames.source_index != frames.position) return numbered(names, frames.source_index);
  std::vector<std::string> found;
  if (kind == AnnotationKind::kMask || names.size() != frames.source_frames) return found;
  for (const std::uint32_t position : frames.position) found.push_back(names[position]);
  return found;
}

}  // namespace

FileSetAnnotator::FileSetAnnotator(const AnnotationFileOptions& options, ClipSources sources)
    : options_(options), sources_(std::move(sources)), files_(folders_of(options)) {}

ClipAnnotations FileSetAnnotator::annotate(const StoredClip& clip) const {
  ListedClip listed = clip.listed;
  listed.source = source_of(options_.folder, sources_.of(clip.listed));
  ClipFrames frames = clip.frames;
  frames.frame_names = frame_names(options_.folder, options_.kind, listed.source, frames);
  return files_.read(listed, frames);
}

}  // namespace understudy
