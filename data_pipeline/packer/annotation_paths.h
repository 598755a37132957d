#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace understudy {

/// Where something that belongs to the clip `source` ("a/b/c.mp4") may lie below `folder`, in the order of the search:
///
///     a/b/c.mp4EXT  a/b/cEXT    b/c.mp4EXT  b/cEXT    c.mp4EXT  cEXT
///
/// Leading folders are dropped one by one, because annotations often lie flat, or in folders beside that of the
/// pictures (img/identity/video and segm/identity/video). A name with several dots is also tried cut at the first one,
/// last in its folder: FSRT's extractor drops the last four characters of a clip's name, its loader looks for the name
/// up to the first dot.
/// @param extension  with its dot; empty for folders
std::vector<std::filesystem::path> annotation_places(const std::filesystem::path& folder,
                                                     std::string_view source,
                                                     std::string_view extension);

/// False for what may not be looked at, too.
bool is_file(const std::filesystem::path& place);

/// The first of these places that is a file; nothing when none is.
std::optional<std::filesystem::path> find_annotation_file(const std::filesystem::path& folder,
                                                          std::string_view source,
                                                          std::string_view extension);

/// The same. @throws ClipRejected  annotation: naming the first place, when none is a file
std::filesystem::path require_annotation_file(const std::filesystem::path& folder,
                                              std::string_view source,
                                              std::string_view extension);

/// The first of these places that is a folder: it has a file for each frame.
std::optional<std::filesystem::path> find_annotation_folder(const std::filesystem::path& folder,
                                                            std::string_view source);

}  // namespace understudy
