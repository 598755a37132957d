#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace understudy {

/// Checks a whole set: manifest, index, SHA-256 of every file, structure of every shard, and for each frame its CRC32C,
/// the JPEG header and its size. One damaged thing does not hide the next.
/// @param threads  files checked at a time; does not change the result
/// @param decode   also decodes every frame
/// @return  every problem found, in the order of files and frames; empty for an intact set
std::vector<std::string> verify_set(const std::filesystem::path& folder_or_manifest,
                                    int threads = 1,
                                    bool decode = false);

}  // namespace understudy
