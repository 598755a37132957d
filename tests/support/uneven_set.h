#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/tiny_set.h"

namespace understudy {

/// A set in which every balance differs: person i has as many clips as the i-th list has numbers, each of that many
/// frames. Clips are numbered in the order of the lists.
inline void write_uneven_set(const std::filesystem::path& folder,
                             const std::vector<std::vector<std::uint32_t>>& frames) {
  SetWriter writer(folder, {});
  for (std::uint32_t identity = 0; identity < frames.size(); ++identity) {
    const std::vector<std::uint32_t>& clips = frames[identity];
    for (std::uint32_t clip = 0; clip < clips.size(); ++clip) {
      writer.add(tiny_clip({.frames = clips[clip], .side = 16, .landmarks = false}, identity, clip));
    }
  }
  writer.finish();
}

}  // namespace understudy
