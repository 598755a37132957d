#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace understudy {

/// Cuts a set anew into shards of at most `shard_bytes` JPEG bytes: same clips, frames byte for byte, same annotations,
/// same fingerprint; a run goes on with the new set. The source stays as it is.
/// @param progress  called after each clip with the number of clips written and of all
/// @throws DataError  when the source is damaged, or `out` already holds a set. @throws FileError
void reshard_set(const std::filesystem::path& source,
                 const std::filesystem::path& out,
                 std::uint64_t shard_bytes,
                 const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace understudy
