#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace understudy {

/// Natural order of names: runs of digits compare as numbers ("frame9" before "frame10"), all else byte by byte.
bool natural_less(std::string_view a, std::string_view b);

/// Whether a file's first bytes are those of PNG or JPEG; false for folders and for what cannot be read.
bool begins_like_picture(const std::filesystem::path& path);

/// The PNG and JPEG files directly in a folder, told by extension (any case), in natural order; hidden files are
/// skipped.
/// @throws DataError  when it is no folder or holds no picture; the message says what extensions are looked for
std::vector<std::filesystem::path> list_pictures(const std::filesystem::path& folder);

}  // namespace understudy
