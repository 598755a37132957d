#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace understudy {

/// No annotation of a clip comes near; a damaged or hostile file must not ask for all memory of the machine.
inline constexpr std::uint64_t kMostSmallFileBytes = std::uint64_t{256} << 20;

/// A whole file. @throws DataError  when there is none, it cannot be read, or it has more than `kMostSmallFileBytes`
std::string read_small_file(const std::filesystem::path& path);

}  // namespace understudy
