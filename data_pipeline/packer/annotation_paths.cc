#include "data_pipeline/packer/annotation_paths.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "data_pipeline/packer/clip_input.h"

namespace understudy {
namespace {

/// The name as it is, without its extension, up to its first dot; hidden names keep their leading dot.
std::array<std::string_view, 3> cut_names(std::string_view name) {
  const auto up_to = [&](std::size_t dot) { return dot == 0 ? name : name.substr(0, dot); };
  return {name, up_to(name.rfind('.')), up_to(name.find('.', 1))};
}

template <class Accept>
std::optional<std::filesystem::path> first(const std::vector<std::filesystem::path>& places, Accept accept) {
  const auto found = std::find_if(places.begin(), places.end(), accept);
  if (found == places.end()) return std::nullopt;
  return *found;
}

}  // namespace

bool is_file(const std::filesystem::path& place) {
  std::error_code ignored;  // what may not be looked at is not there
  return std::filesystem::is_regular_file(place, ignored);
}

std::vector<std::filesystem::path> annotation_places(const std::filesystem::path& folder,
                                                     std::string_view source,
                                                     std::string_view extension) {
  const std::string_view name = source.substr(source.rfind('/') + 1);  // all of it when there is no '/'
  std::string_view parent = source.substr(0, source.size() - name.size());
  std::vector<std::filesystem::path> places;
  while (true) {
    for (const std::string_view cut : cut_names(name)) {
      std::filesystem::path place = folder / parent / (std::string(cut) + std::string(extension));
      if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(std::move(place));
    }
    if (parent.empty()) return places;
    parent.remove_prefix(parent.find('/') + 1);
  }
}

std::optional<std::filesystem::path> find_annotation_file(const std::filesystem::path& folder,
                                                          std::string_view source,
                                                          std::string_view extension) {
  return first(annotation_places(folder, source, extension), is_file);
}

std::filesystem::path require_annotation_file(const std::filesystem::path& folder,
                                              std::string_view source,
                                              std::string_view extension) {
  if (auto file = find_annotation_file(folder, source, extension)) return *std::move(file);
  const auto places = annotation_places(folder, source, extension);
  throw ClipRejected(RejectionReason::kAnnotation,
                     fmt::format("no {}, nor in any other of {} places", places.front().string(), places.size()));
}

std::optional<std::filesystem::path> find_annotation_folder(const std::filesystem::path& folder,
                                                            std::string_view source) {
  return first(annotation_places(folder, source, ""), [](const auto& place) {
    std::error_code ignored;
    return std::filesystem::is_directory(place, ignored);
  });
}

}  // namespace understudy
