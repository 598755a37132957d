#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace understudy {

struct SynthesizeOptions {
  std::filesystem::path out;
  std::int64_t identities = 8;
  std::int64_t clips = 4;    ///< of each identity
  std::int64_t frames = 32;  ///< of each clip
  std::int64_t stride = 1;   ///< frames of motion at 25 a second from one stored frame to the next
  int size = 256;            ///< side in pixels
  std::uint64_t seed = 0;
  std::size_t threads = 1;  ///< does not change a byte of the set
  int jpeg_quality = 95;
  std::int64_t first_identity = 0;  ///< start elsewhere for people that another set does not have
  std::int64_t first_clip = 0;      ///< start elsewhere for clips of the same people that another set does not have
};

/// "id00003#v01#000"
std::string synthetic_clip_name(std::int64_t identity, std::int64_t clip);

/// Draws a set of talking heads with known identity, pose and expression, 68 landmarks and masks, as real shards.
/// @param progress  called after each clip with (clips written, clips in all); may be empty
/// @throws DataError  for options that make no sense or a folder that holds a set already. @throws FileError
void synthesize_set(const SynthesizeOptions& options,
                    const std::function<void(std::int64_t, std::int64_t)>& progress = {});

}  // namespace understudy
